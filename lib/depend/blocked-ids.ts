import { sideBySide } from "../flow/side-by-side.ts";
import type { ItemEntry } from "../items/item.ts";
import { ITEM_STATES } from "../items/states.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { Blockers } from "./blockers.ts";
import { inStepOrder } from "./step-order.ts";

const WIDTH = 16;

/**
 * The ids of waiting items that are blocked, as summaries count them. Reads the index of all items, 0.018 read units
 * each; if the table has no failed items, reads only the failed part.
 */
export async function blockedIds(table: Table, settings: Settings): Promise<ReadonlySet<string>> {
  const blocked = new Set<string>();
  if (settings.links.size === 0) return blocked;
  const blockers = new Blockers(settings);
  let failed = 0;
  const read = async (partitions: readonly string[], take: (entry: ItemEntry) => void) => {
    await sideBySide(partitions, WIDTH, async (partition) => {
      for await (const page of readPartition(table, partition)) for (const entry of page) take(entry);
    });
  };
  await read(partitionsOf(settings, { states: ["failed"] }), (entry) => {
    failed++;
    blockers.add(entry);
  });
  if (failed === 0) return blocked;
  // a share of a step's items depends on how many items the step has
  const others = ITEM_STATES.filter((state) => state !== "failed" && state !== "waiting");
  await read(partitionsOf(settings, { states: others }), (entry) => blockers.add(entry));
  for (const step of inStepOrder(settings.steps.keys(), settings)) {
    await read(partitionsOf(settings, { states: ["waiting"], steps: [step] }), (entry) => {
      blockers.add(entry);
      if (blockers.isBlocked(entry)) blocked.add(entry.itemId);
    });
  }
  return blocked;
}
