import { Command, Option } from "commander";
import type { WantedCapacity } from "../../../workflow/capacity.ts";
import { wholeNumber } from "../../flags/flag-values.ts";
import { print } from "../../output/print.ts";
import { ownLine } from "../../own-command.ts";
import { autoscalingText, capacityText } from "./capacity-text.ts";
import { addTableFlags, onTable, type TableFlags } from "./target.ts";

interface CapacityFlags extends TableFlags {
  read?: number;
  write?: number;
  onDemand?: boolean;
}

const stillScaled = () =>
  `Autoscaling stays on and will change a fixed capacity again: ${ownLine("table autoscale --off")} ends it.`;

/** `anamo table capacity`: the capacity of table and index together. */
export function capacityCommand(): Command {
  return addTableFlags(new Command("capacity").description("Shows or sets the capacity of a table and its index."))
    .option("--read <units>", "read units per second", wholeNumber)
    .option("--write <units>", "write units per second", wholeNumber)
    .addOption(new Option("--on-demand", "no fixed capacity: pay per request").conflicts(["read", "write"]))
    .addHelpText(
      "after",
      "\nWithout an option it shows what is set. AWS allows only a few decreases a day.\n\nExamples:\n  anamo table capacity\n  anamo table capacity --read 70 --write 70\n  anamo table capacity --on-demand",
    )
    .action(async (flags: CapacityFlags) => {
      await onTable(flags, async (workflow) => {
        const wanted = wantedOf(flags);
        const set = wanted && (await workflow.setCapacity(wanted));
        const now = await workflow.capacity();
        const remark = set ? [set.changed ? "It is set." : "It was set already."] : [];
        const warning = set && (now.autoscaling ?? []).length > 0 ? [stillScaled()] : [];
        print(flags.json, { ...now, ...(set && { changed: set.changed }) }, () =>
          [capacityText(now), autoscalingText(now), ...remark, ...warning].join("\n"),
        );
      });
    });
}

function wantedOf({ read, write, onDemand }: CapacityFlags): WantedCapacity | undefined {
  if (onDemand) return { mode: "on-demand" };
  return read === undefined && write === undefined ? undefined : { mode: "provisioned", read, write };
}
