import { wake, wakeListed } from "../depend/wake.ts";
import { taskKeyOf } from "../items/task-names.ts";
import { ATTR } from "../store/attributes.ts";
import { deleteTasks } from "../store/delete-rows.ts";
import { allOf, type Condition } from "../store/expression.ts";
import { wakesOn } from "../store/gates.ts";
import { itemKey } from "../store/keys.ts";
import { keepParked } from "../store/parked.ts";
import { isAsSeen, type Seen, seenOf } from "../store/seen.ts";
import { deleteRow } from "../store/write-row.ts";
import type { Change, ChangeContext, Written } from "./change.ts";
import { editTasks, park, readUnparked } from "./edit-tasks.ts";
import { dropTasks, missingTasks } from "./redo-tasks.ts";
import { tasksNotFound } from "./reset.ts";

/** What to delete. */
export interface DeleteOptions {
  /** delete only these tasks, but never all tasks of an item; an empty list deletes nothing */
  tasks?: readonly string[];
  /** also delete locked items, whose workers then stop and write nothing */
  force?: boolean;
}

/**
 * Deletes items with their tasks. A nested item is parked first, so that nobody claims it while its tasks are being
 * deleted. Its own row is deleted last: without it, nobody would find tasks that a crash left behind.
 */
export function toDelete({ tasks, force = false }: DeleteOptions = {}): Change {
  return {
    force,
    to: tasks ? "held" : null,
    isIdle: () => false,
    apply: (context, seen) => {
      if (tasks) return deleteTasksOf(context, seen, [...new Set(tasks)]);
      return seen.nestedTasks > 0 ? deleteNested(context, seen) : deletePlain(context, seen);
    },
  };
}

function deletePlain(context: ChangeContext, seen: Seen): Promise<Written> {
  const asSeen = isAsSeen(seen, context.settings.shards);
  return deleteOwn(context, seen, seen.state === "todo" ? allOf(asSeen, hasNoTasks) : asSeen);
}

/** Deletes an item's own row and re-evaluates what waited for it. */
async function deleteOwn({ table }: ChangeContext, seen: Seen, condition: Condition): Promise<Written> {
  const deleted = await deleteRow(table, itemKey(seen.itemId), condition);
  if (deleted.won) await wake(table, wakesOn(deleted.row), seen);
  // the SDK's repeat of a delete whose reply was lost finds no row, so the wakes are lost: look for the waiters in the
  // index
  else if (!deleted.row && deleted.sent > 1) await wakeListed(table, seen);
  return deleted;
}

async function deleteNested(context: ChangeContext, seen: Seen): Promise<Written> {
  const result = await park(context, seen, { by: "delete" });
  if (!("parked" in result)) return result;
  const { table, settings } = context;
  const { item, parked } = result;
  // if someone else has taken the item over, the condition on the item's own row fails
  await deleteTasks(table, seen.itemId, keepParked(table, seen.itemId, parked));
  return deleteOwn(context, seen, isAsSeen(seenOf(item), settings.shards));
}

/** A waiting item may have been imported again since the index was read, now with tasks that would be left behind. */
const hasNoTasks: Condition = {
  expression: `attribute_not_exists(${ATTR.nestedTasks})`,
  names: {},
};

async function deleteTasksOf(context: ChangeContext, seen: Seen, tasks: readonly string[]) {
  if (tasks.length === 0) return { result: "unchanged", why: "no tasks were named" } as const;
  const { table } = context;
  const { nestedTasks, state, endedAtMs, parked } = seen;
  const found = nestedTasks > 0 ? await readUnparked(table, seen) : undefined;
  if (found && !("item" in found)) return found;
  const missing = found ? await missingTasks(table, found.item, tasks) : tasks.filter((task) => task !== taskKeyOf(0));
  if (missing.length > 0) return tasksNotFound(missing);
  if (tasks.length >= Math.max(1, nestedTasks)) return ALL_OF_THEM;
  const after = parked ? "held" : state === "locked" || state === "waiting" ? "todo" : state;
  return editTasks(context, seen, {
    next: { state: after, ...(endedAtMs !== undefined && after !== "todo" && { endedAtMs }) },
    edit: (parkedItem, stillOurs) => dropTasks(table, parkedItem, stillOurs, tasks),
  });
}

const ALL_OF_THEM = { result: "unchanged", why: "these are all its tasks: delete the item instead" } as const;
