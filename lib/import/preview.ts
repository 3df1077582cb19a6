import { ResourceNotFoundException } from "@aws-sdk/client-dynamodb";
import { isChanged, isDifferent, type OnDuplicate, planFor } from "../changes/on-duplicate.ts";
import type { Item } from "../items/item.ts";
import type { NewItem } from "../items/new-item.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import type { Table } from "../table.ts";
import type { ReadRow } from "./import-text.ts";

/**
 * What an import would do with a usable row: `add` the item; `restart` the existing one; `change` it, because it still
 * waits; `leave` it as it is; leave it to its worker or writer (`locked`); or reject the row, because its itemID is on
 * an earlier line (`repeated`) or in another step (`other step`).
 */
export type Effect = "add" | "restart" | "change" | "leave" | "locked" | "repeated" | "other step";

/** A usable row of a task file, and what its import would do. */
export interface PreviewedRow {
  line: number;
  item: NewItem;
  problems?: undefined;
  effect: Effect;
  /** the item in the table, if it exists */
  old?: Item;
  /** whether an existing item differs from the row, or, if it is done, whether its script differs */
  different?: boolean;
}

/** The rules of the import to preview. */
export interface PreviewRules {
  onDuplicate: OnDuplicate | "fail";
  /** with `retry`: only items of these steps */
  retrySteps?: readonly string[] | undefined;
  /** report every difference of items that are left alone, not only scripts */
  reportsChanges?: boolean;
}

/**
 * Reports what an import would do now with each row. Reads the items of 100 rows at a time and writes nothing. A table
 * that does not exist counts as empty. Memory grows with the number of itemIDs.
 */
export async function* previewRows(
  table: Table,
  rows: AsyncIterable<ReadRow>,
  rules: PreviewRules,
): AsyncGenerator<PreviewedRow | Exclude<ReadRow, { item: NewItem }>> {
  const seen = new Set<string>();
  let batch: ReadRow[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < ROWS_A_READ) continue;
    yield* previewBatch(table, batch, rules, seen);
    batch = [];
  }
  yield* previewBatch(table, batch, rules, seen);
}

async function* previewBatch(table: Table, batch: readonly ReadRow[], rules: PreviewRules, seen: Set<string>) {
  const ids = new Set(batch.flatMap(({ item }) => (item ? [item.itemId] : [])));
  const stored = ids.size > 0 ? await itemsOf(table, [...ids]) : new Map<string, Item>();
  for (const row of batch) {
    if (!row.item) {
      yield row;
      continue;
    }
    const { line, item } = row;
    const old = stored.get(item.itemId);
    if (seen.has(item.itemId)) yield { line, item, effect: "repeated" as const };
    else if (old) yield { line, item, old, ...effectOn(old, item, rules, table.now()) };
    else yield { line, item, effect: "add" as const };
    seen.add(item.itemId);
  }
}

function effectOn(old: Item, item: NewItem, { onDuplicate, retrySteps, reportsChanges }: PreviewRules, nowMs: number) {
  if (old.step !== item.step) return { effect: "other step" as const };
  const isLimited = onDuplicate === "retry" && retrySteps && !retrySteps.includes(item.step);
  const plan = planFor(old, item, isLimited || onDuplicate === "fail" ? "skip" : onDuplicate, nowMs);
  const different = plan === "leave" && !reportsChanges ? isDifferent(old, item) : isChanged(old, item);
  return { effect: plan === "take over" ? ("restart" as const) : plan, different };
}

async function itemsOf(table: Table, ids: readonly string[]): Promise<Map<string, Item>> {
  try {
    const items = (await readItemRows(table, ids)).map(rowToItem);
    return new Map(items.map((item) => [item.itemId, item]));
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return new Map();
    throw error;
  }
}
