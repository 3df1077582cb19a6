import { type FailedDetail, readFailed } from "../failures/failed-detail.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { ItemEntry } from "../items/item.ts";
import { laterKey } from "../store/keys.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import type { Table } from "../table.ts";

export type { FailedDetail };

const WIDTH = 16;

/**
 * The failed items with the ends of their logs, newest first. Given a `limit`, reads the newest of each partition until
 * there are enough.
 */
export async function listFailed(table: Table, limit = Number.POSITIVE_INFINITY): Promise<FailedDetail[]> {
  const entries: ItemEntry[] = [];
  await sideBySide(partitionsOf(await table.settings.get(0), { states: ["failed"] }), WIDTH, async (partition) => {
    for await (const page of readPartition(table, partition, { newestFirst: true })) {
      entries.push(...page);
      if (entries.length >= limit) return;
    }
  });
  entries.sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0));
  const details = await sideBySide(entries.slice(0, limit), WIDTH, (entry) => readFailed(table, entry));
  return details.filter((detail) => detail !== undefined);
}

/** An item of the step that has failed and is waiting for its next attempt, if there is one. */
export async function exampleOfFailure(table: Table, step: string): Promise<FailedDetail | undefined> {
  for await (const page of readPartition(table, laterKey(step))) {
    for (const entry of page) {
      const detail = await readFailed(table, entry);
      if (detail) return detail;
    }
  }
  return undefined;
}
