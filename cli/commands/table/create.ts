import { Command, InvalidArgumentError } from "commander";
import { MAX_SHARDS } from "../../../lib/tables/create-table.ts";
import type { Created } from "../../json/tables.ts";
import { print } from "../../output/print.ts";
import { addTableFlags, onTable, type TableFlags } from "./target.ts";

/** `anamo table create`: creates the table and waits for it. */
export function createCommand(): Command {
  return addTableFlags(new Command("create").description("Creates an on-demand table and waits until it can be used."))
    .option("--shards <n>", "parts that its index is divided into; 16 are enough for about 4,000 workers", shards)
    .addHelpText(
      "after",
      "\nAn existing table is left as it is.\n\nExamples:\n  anamo table create --table cohort1\n  anamo table create --table cohort1 --shards 64",
    )
    .action(async (flags: TableFlags & { shards?: number }) => {
      await onTable(flags, async (workflow, table) => {
        const outcome = await workflow.createTable({ shards: flags.shards });
        print(flags.json, { table, outcome } satisfies Created, () =>
          outcome === "created" ? `Table ${table} is ready.` : `Table ${table} exists already.`,
        );
      });
    });
}

function shards(value: string): number {
  const parsed = Number(value);
  if (/^\d+$/.test(value) && parsed >= 1 && parsed <= MAX_SHARDS) return parsed;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_SHARDS}.`);
}
