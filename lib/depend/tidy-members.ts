import type { Condition } from "../store/expression.ts";
import { type FoundMember, PUT_AT_MS } from "../store/members.ts";
import { deleteRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";

/**
 * A member row is written before its item, so a member row without an item may belong to an item that is still to come.
 */
const TIDY_AFTER_MS = 24 * 60 * 60_000;

/** Deletes the member rows of deleted items, once they are a day old and unless they were put again. */
export async function tidyMembers(table: Table, orphans: readonly FoundMember[]): Promise<void> {
  for (const { key, putAtMs } of orphans) {
    if (table.now() - putAtMs < TIDY_AFTER_MS) continue;
    await deleteRow(table, key, isPutAt(putAtMs));
  }
}

function isPutAt(putAtMs: number): Condition {
  return { expression: `${PUT_AT_MS} = :putAtMs`, names: {}, values: { ":putAtMs": putAtMs } };
}
