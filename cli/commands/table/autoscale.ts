import { Command, InvalidArgumentError, Option } from "commander";
import type { Autoscaling } from "../../../lib/autoscaling/plan.ts";
import { readScaled, type Scaled } from "../../../lib/autoscaling/read.ts";
import { autoscale, endAutoscaling } from "../../../lib/autoscaling/set.ts";
import { UsageError } from "../../../lib/errors.ts";
import { wholeNumber } from "../../flags/flag-values.ts";
import { capacityText, scaledText } from "./capacity-text.ts";
import { addTableFlags, onScalers, print, type TableFlags } from "./target.ts";

interface AutoscaleFlags extends TableFlags {
  min?: number;
  max?: number;
  target?: number;
  cooldown?: number;
  off?: boolean;
}

const DEFAULTS = { min: 5, target: 70, cooldown: 60 };

/** `anamo table autoscale`: has table and index follow what is asked of them, between two capacities. */
export function autoscaleCommand(): Command {
  return addTableFlags(
    new Command("autoscale")
      .summary("Has the capacity of a table follow what is asked of it.")
      .description("Has the capacity of a table and its index follow what is asked of them."),
  )
    .option("--min <units>", `units a second at least, reads and writes alike (default: ${DEFAULTS.min})`, wholeNumber)
    .option("--max <units>", "units a second at most", wholeNumber)
    .option("--target <percent>", `how much of it is to be in use (default: ${DEFAULTS.target})`, percent)
    .option("--cooldown <seconds>", `pause between two changes (default: ${DEFAULTS.cooldown})`, seconds)
    .addOption(new Option("--off", "scale no more").conflicts(["min", "max", "target", "cooldown"]))
    .addHelpText(
      "after",
      `
Without an option it tells what is set; what is not named stays as it is.
A table on demand gets a capacity first, --min; with --off the capacity stays as it is then.
A deleted table leaves its scaling behind, and with it alarms that cost: --off, before or after.

Examples:
  anamo table autoscale --min 5 --max 70
  anamo table autoscale --max 500 --target 40 --cooldown 60
  anamo table autoscale --off && anamo table capacity --on-demand`,
    )
    .action(async (flags: AutoscaleFlags) => {
      await onScalers(flags, process.env, async (scalers, table) => {
        if (flags.off) {
          const ended = await endAutoscaling(scalers, table);
          const text = ended.length > 0 ? `Table ${table} is scaled no more.` : `Nothing scaled table ${table}.`;
          print(flags.json, { table, ended }, text);
        } else if (isChange(flags)) {
          const wanted = wantedOf(flags, table, await readScaled(scalers, table));
          const { provisioned, now } = await autoscale(scalers, table, wanted);
          const remark = provisioned ? "It is not on demand any more." : "It is set.";
          const text = [capacityText(now), scaledText(now.autoscaling), remark];
          print(flags.json, { ...now, provisioned }, text.join("\n"));
        } else {
          const autoscaling = await readScaled(scalers, table);
          print(flags.json, { table, autoscaling }, scaledText(autoscaling));
        }
      });
    });
}

function isChange({ min, max, target, cooldown }: AutoscaleFlags): boolean {
  return [min, max, target, cooldown].some((value) => value !== undefined);
}

/** What is not named stays as it is, where there is something. */
function wantedOf(flags: AutoscaleFlags, table: string, [now]: readonly Scaled[]): Autoscaling {
  const max = flags.max ?? now?.max;
  if (max === undefined) throw new UsageError(`nothing scales table ${table} so far: give --max`);
  const min = flags.min ?? now?.min ?? Math.min(DEFAULTS.min, max);
  if (min > max) throw new UsageError(`--max: expected ${min} units or more, as --min is, found ${max}`);
  return {
    ...{ min, max, targetPercent: flags.target ?? now?.targetPercent ?? DEFAULTS.target },
    cooldownSeconds: flags.cooldown ?? now?.scaleOutCooldownSeconds ?? DEFAULTS.cooldown,
  };
}

function percent(value: string): number {
  const parsed = Number(value);
  if (/^\d+(\.\d+)?$/.test(value) && parsed >= 20 && parsed <= 90) return parsed;
  throw new InvalidArgumentError("Expected 20 to 90 percent.");
}

function seconds(value: string): number {
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("Expected a whole number of seconds.");
}
