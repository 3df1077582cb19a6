import { sideBySide } from "../flow/side-by-side.ts";
import { isoDate } from "../iso-date.ts";
import type { ItemEntry } from "../items/item.ts";
import { PROGRESS_CLASSES, type ProgressClass, progressClass } from "../items/progress-class.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import type { Table } from "../table.ts";

/** The progress of nested items, in PyAnamo's classes. */
export interface NestedProgress {
  table: string;
  /** ISO 8601 UTC */
  at: string;
  /** how many nested items there are */
  items: number;
  tasks: { done: number; total: number };
  progress: Record<ProgressClass, number>;
  /** if requested: which items are in each class */
  itemIDs?: Record<ProgressClass, string[]>;
}

const WIDTH = 32;

/** Counts nested items by how many of their tasks are done, at the last count. Keeps itemIDs only if requested. */
export async function nestedProgress(
  table: Table,
  { items = false, steps }: { items?: boolean; steps?: readonly string[] } = {},
): Promise<NestedProgress> {
  const progress = perClass(() => 0);
  const itemIDs = perClass((): string[] => []);
  const tasks = { done: 0, total: 0 };
  const add = (entry: ItemEntry): void => {
    const done = entry.state === "done" ? entry.nestedTasks : Math.min(entry.tasksDone, entry.nestedTasks);
    const name = entry.state === "done" ? "done" : progressClass(done, entry.nestedTasks);
    progress[name]++;
    tasks.done += done;
    tasks.total += entry.nestedTasks;
    if (items) itemIDs[name].push(entry.itemId);
  };
  await sideBySide(partitionsOf(await table.settings.get(0), steps && { steps }), WIDTH, async (partition) => {
    for await (const page of readPartition(table, partition)) {
      // the partitions of locked items hold items of every step
      for (const entry of page)
        if (entry.nestedTasks > 0 && !entry.longScript && (!steps || steps.includes(entry.step))) add(entry);
    }
  });
  return {
    table: table.name,
    at: isoDate(table.now()),
    items: Object.values(progress).reduce((sum, count) => sum + count, 0),
    tasks,
    progress,
    ...(items && { itemIDs: perClass((name) => itemIDs[name].sort()) }),
  };
}

function perClass<T>(make: (name: ProgressClass) => T): Record<ProgressClass, T> {
  return Object.fromEntries(PROGRESS_CLASSES.map((name) => [name, make(name)])) as Record<ProgressClass, T>;
}
