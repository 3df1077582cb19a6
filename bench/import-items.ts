import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RowAdder } from "../lib/import/add-rows.ts";
import { Ledger } from "../lib/import/ledger.ts";
import { ImportMembers } from "../lib/import/members.ts";
import { Spool } from "../lib/import/spool.ts";
import type { NewItem } from "../lib/items/new-item.ts";
import type { Table } from "../lib/table.ts";

/** Imports items as rows of a task file, but without a file: everything that an import does to the table. */
export async function importItems(
  table: Table,
  items: readonly (Partial<NewItem> & Pick<NewItem, "itemId">)[],
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "anamo-bench-"));
  const ledger = new Ledger(new Spool(join(folder, "entries")), new Spool(join(folder, "rows")));
  const members = new ImportMembers(table, "bench");
  const context = {
    table,
    importId: "bench",
    onDuplicate: "skip" as const,
    nestedDelimiter: ",",
    defaultStep: "bench",
  };
  const adder = new RowAdder({ ...context, members }, ledger);
  for (const [at, item] of items.entries()) {
    const { itemId, taskId = "sample", step = "bench", script, scripts, after, afterAll } = item;
    const fields = {
      itemID: itemId,
      TaskID: taskId,
      Step: step,
      ...(script !== undefined && { TaskScript: script }),
      ...(scripts && { TaskScripts: [...scripts] }),
      ...(after && { After: [...after] }),
      ...(afterAll && { AfterAll: [...afterAll] }),
    };
    const line = at + 2;
    await adder.take({ fields, line, raw: undefined, end: { offset: line, line } });
  }
  await adder.drain();
  await members.end();
  await rm(folder, { recursive: true, force: true });
  if (ledger.counts.rejected > 0) throw new Error(`${ledger.counts.rejected} rows were rejected`);
}
