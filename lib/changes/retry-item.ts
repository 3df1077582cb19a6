import type { Item } from "../items/item.ts";
import type { NewItem } from "../items/new-item.ts";
import { heldSince } from "../items/parked.ts";
import { ATTR } from "../store/attributes.ts";
import { isStill } from "../store/conditions.ts";
import { allOf, type Condition } from "../store/expression.ts";
import { putItem, scriptsOfTasks } from "../store/put-item.ts";
import { isAsSeen, seenOf } from "../store/seen.ts";
import type { Settings } from "../store/settings.ts";
import { tasksOf } from "../store/tasks-of.ts";
import type { WriteResult } from "../store/write-row.ts";
import type { Table } from "../table.ts";
import { hasTasksOf } from "./on-duplicate.ts";
import { keptTasks, replaceTasks } from "./replace-tasks.ts";

/**
 * Applies a new row to an item that is not done and that nobody has: it waits to be claimed again, with no failures. An
 * item that a person holds stays held. Done tasks of a nested item stay done if the row has them unchanged. Takes one
 * write if the item has no tasks or keeps them all. Writes nothing if anyone has changed the item since `old` was read.
 */
export async function retryItem(
  { table, settings }: { table: Table; settings: Settings },
  item: NewItem,
  { old, asRead }: { old: Item; asRead: Condition },
): Promise<WriteResult> {
  const { shards } = settings;
  const { parked } = old;
  const heldSinceMs = heldSince(old);
  const isUntouched = allOf(asRead, isAsSeen(seenOf(old), shards));
  if (old.nestedTasks > 0 && scriptsOfTasks(item)) {
    const isSameList = hasTasksOf(old, item) && !parked;
    if (isSameList) {
      const condition = allOf(isUntouched, isStill(ATTR.nestedTasks, old.nestedTasks));
      return putItem(table, item, { old, keepsTasks: true, shards, condition, heldSinceMs });
    }
    if (await keepsDone(table, item, old)) return replaceTasks({ table, settings }, item, { old, heldSinceMs });
  }
  return putItem(table, item, { old, shards, condition: isUntouched, heldSinceMs });
}

/** Whether any task of the item is done, and also a task of the new row. */
async function keepsDone(table: Table, item: NewItem, old: Item): Promise<boolean> {
  const isKept = keptTasks(item);
  for await (const tasks of tasksOf(table, old)) {
    if (tasks.some((task) => task.state === "done" && isKept(task))) return true;
  }
  return false;
}
