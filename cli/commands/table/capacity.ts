import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Command, Option } from "commander";
import { autoscalingNow } from "../../../lib/autoscaling/read.ts";
import { UsageError } from "../../../lib/errors.ts";
import { type Capacity, readCapacity, setCapacity } from "../../../lib/tables/table-capacity.ts";
import { wholeNumber } from "../../flags/flag-values.ts";
import { autoscalingText, capacityText } from "./capacity-text.ts";
import { addTableFlags, onScalers, print, type TableFlags } from "./target.ts";

interface CapacityFlags extends TableFlags {
  read?: number;
  write?: number;
  onDemand?: boolean;
}

const STILL_SCALED = "Autoscaling stays on, and changes a fixed capacity again: anamo table autoscale --off ends it.";

/** `anamo table capacity`: what the table may do a second; table and index together. */
export function capacityCommand(): Command {
  return addTableFlags(new Command("capacity").description("Tells or sets the capacity of a table and its index."))
    .option("--read <units>", "read units a second", wholeNumber)
    .option("--write <units>", "write units a second", wholeNumber)
    .addOption(new Option("--on-demand", "as much as is asked of it").conflicts(["read", "write"]))
    .addHelpText(
      "after",
      "\nWithout an option it tells what is set. AWS lets a capacity be lowered only a few times a day.\n\nExamples:\n  anamo table capacity\n  anamo table capacity --read 70 --write 70\n  anamo table capacity --on-demand",
    )
    .action(async (flags: CapacityFlags) => {
      await onScalers(flags, process.env, async (scalers, name) => {
        const { dynamo } = scalers;
        const wanted = await wantedCapacity(dynamo, name, flags);
        const result = wanted ? await setCapacity(dynamo, name, wanted) : { now: await readCapacity(dynamo, name) };
        const scaling = await autoscalingNow(scalers, name);
        const changed = "changed" in result ? { changed: result.changed } : {};
        const remark = "changed" in result ? [result.changed ? "It is set." : "That was so already."] : [];
        const warning = wanted && (scaling.autoscaling ?? []).length > 0 ? [STILL_SCALED] : [];
        const text = [capacityText(result.now), autoscalingText(scaling), ...remark, ...warning];
        print(flags.json, { ...result.now, ...scaling, ...changed }, text.join("\n"));
      });
    });
}

/** What is not named stays as it is, where there is something. */
async function wantedCapacity(
  client: DynamoDBClient,
  name: string,
  { read, write, onDemand }: CapacityFlags,
): Promise<Capacity | undefined> {
  if (onDemand) return { mode: "on-demand" };
  if (read === undefined && write === undefined) return undefined;
  const { units: now } = read === undefined || write === undefined ? await readCapacity(client, name) : {};
  const [readUnits, writeUnits] = [read ?? now?.read, write ?? now?.write];
  if (readUnits !== undefined && writeUnits !== undefined) {
    return { mode: "provisioned", read: readUnits, write: writeUnits };
  }
  throw new UsageError(`table ${name} is on demand now: give both --read and --write`);
}
