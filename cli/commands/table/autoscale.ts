import { Command, InvalidArgumentError, Option } from "commander";
import { AUTOSCALING_DEFAULTS as DEFAULTS } from "../../../workflow/capacity.ts";
import { wholeNumber } from "../../flags/flag-values.ts";
import { print } from "../../output/print.ts";
import { capacityText, scaledText } from "./capacity-text.ts";
import { addTableFlags, onTable, type TableFlags } from "./target.ts";

interface AutoscaleFlags extends TableFlags {
  min?: number;
  max?: number;
  target?: number;
  cooldown?: number;
  off?: boolean;
}

/** `anamo table autoscale`: makes the capacity of a table and its index follow their load. */
export function autoscaleCommand(): Command {
  return addTableFlags(
    new Command("autoscale")
      .summary("Makes the capacity of a table follow its load.")
      .description("Makes the capacity of a table and its index follow their load."),
  )
    .option("--min <units>", `least units per second, for reads and for writes (default: ${DEFAULTS.min})`, wholeNumber)
    .option("--max <units>", "most units per second", wholeNumber)
    .option("--target <percent>", `utilization to aim at (default: ${DEFAULTS.targetPercent})`, percent)
    .option("--cooldown <seconds>", `pause between changes (default: ${DEFAULTS.cooldownSeconds})`, seconds)
    .addOption(new Option("--off", "end the scaling").conflicts(["min", "max", "target", "cooldown"]))
    .addHelpText(
      "after",
      `
Without an option it shows what is set; options that are not given stay as they are.
A table on demand first gets the capacity --min; --off leaves the capacity as it is then.
A deleted table leaves its scaling and the alarms for it behind, which cost: use --off before or
after.

Examples:
  anamo table autoscale --min 5 --max 70
  anamo table autoscale --max 500 --target 40 --cooldown 60
  anamo table autoscale --off && anamo table capacity --on-demand`,
    )
    .action(async (flags: AutoscaleFlags) => {
      await onTable(flags, async (workflow, table) => {
        if (flags.off) {
          const ended = await workflow.endAutoscaling();
          print(flags.json, { table, ended }, () =>
            ended.length > 0 ? `Table ${table} is no longer scaled.` : `Nothing scaled table ${table}.`,
          );
        } else if (isChange(flags)) {
          const { min, max, target: targetPercent, cooldown: cooldownSeconds } = flags;
          const { provisioned, now } = await workflow.autoscale({ min, max, targetPercent, cooldownSeconds });
          const remark = provisioned ? "It is no longer on demand." : "It is set.";
          print(flags.json, { ...now, provisioned }, () =>
            [capacityText(now), scaledText(now.autoscaling), remark].join("\n"),
          );
        } else {
          const autoscaling = await workflow.autoscaling();
          print(flags.json, { table, autoscaling }, () => scaledText(autoscaling));
        }
      });
    });
}

function isChange({ min, max, target, cooldown }: AutoscaleFlags): boolean {
  return [min, max, target, cooldown].some((value) => value !== undefined);
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
