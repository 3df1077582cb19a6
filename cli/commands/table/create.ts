import { Command, InvalidArgumentError } from "commander";
import { createTable, MAX_SHARDS } from "../../../lib/tables/create-table.ts";
import type { Created } from "../../json/tables.ts";
import { addTableFlags, onTable, print, type TableFlags } from "./target.ts";

/** `anamo table create`: makes the table and waits for it. */
export function createCommand(): Command {
  return addTableFlags(new Command("create").description("Makes a table, on demand, and waits until it can be used."))
    .option("--shards <n>", "into how many parts its lists are divided: 16 do for some 4,000 workers", shards)
    .addHelpText(
      "after",
      "\nA table that is there already is left as it is.\n\nExamples:\n  anamo table create --table cohort1\n  anamo table create --table cohort1 --shards 64",
    )
    .action(async (flags: TableFlags & { shards?: number }) => {
      await onTable(flags, process.env, async (client, table) => {
        const { shards } = flags;
        const outcome = await createTable(client, table, shards === undefined ? {} : { shards });
        const text = outcome === "created" ? `Table ${table} is ready.` : `Table ${table} was there already.`;
        print(flags.json, { table, outcome } satisfies Created, text);
      });
    });
}

function shards(value: string): number {
  const parsed = Number(value);
  if (/^\d+$/.test(value) && parsed >= 1 && parsed <= MAX_SHARDS) return parsed;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_SHARDS}.`);
}
