import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Command, Option } from "commander";
import { UsageError } from "../../../lib/errors.ts";
import { type Capacity, type CapacityNow, readCapacity, setCapacity, type Units } from "../../../lib/table-capacity.ts";
import { wholeNumber } from "../../flag-values.ts";
import { table } from "../../output/table.ts";
import { addTableFlags, onTable, print, type TableFlags } from "./target.ts";

interface CapacityFlags extends TableFlags {
  read?: number;
  write?: number;
  onDemand?: boolean;
}

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
      await onTable(flags, process.env, async (client, name) => {
        const wanted = await wantedCapacity(client, name, flags);
        const result = wanted ? await setCapacity(client, name, wanted) : { now: await readCapacity(client, name) };
        const changed = "changed" in result ? { changed: result.changed } : {};
        const remark = "changed" in result ? [result.changed ? "It is set." : "That was so already."] : [];
        print(flags.json, { ...result.now, ...changed }, [capacityText(result.now), ...remark].join("\n"));
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

function capacityText(now: CapacityNow): string {
  if (now.mode === "on-demand") return `Table ${now.table} is on demand: it does as much as is asked of it.`;
  const row = (what: string, { read, write, decreasesToday }: Units) => [what, read, write, decreasesToday];
  const indexes = Object.entries(now.indexes).map(([name, found]) => row(`index ${name}`, found ?? NONE));
  return table(
    ["", "read units", "write units", "lowered today"],
    [row(`table ${now.table}`, now.units ?? NONE), ...indexes],
  );
}

const NONE: Units = { read: 0, write: 0, decreasesToday: 0 };
