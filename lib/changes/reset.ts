import { taskKeyOf } from "../items/task-names.ts";
import { ATTR, OUTCOME_ATTRIBUTES } from "../store/attributes.ts";
import { storedDone } from "../store/rows.ts";
import type { Seen } from "../store/seen.ts";
import type { Change, ChangeContext, Decision } from "./change.ts";
import { editTasks, mayHaveWorker, readUnparked } from "./edit-tasks.ts";
import { type Destination, moveItem } from "./move-item.ts";
import { missingTasks, redoTasks } from "./redo-tasks.ts";

/** How to start items over. */
export interface ResetOptions {
  /** the state in which the items end up (default: `todo`) */
  to?: "todo" | "held";
  /** nested tasks to start over as well; an empty list changes nothing */
  tasks?: "all" | readonly string[];
  /** also take locked items from their workers, which then stop and write nothing */
  force?: boolean;
  /** a waiting item begins a new wait, so that earlier decisions about it do not count */
  restart?: boolean;
}

/** What a reset removes from an item: its failures and its last outcome. The attempt count stays. */
export const CLEARED: readonly string[] = [ATTR.failures, ATTR.interruptions, ATTR.losses, ...OUTCOME_ATTRIBUTES];

/** Also starts all tasks of an item over, in the same write. */
const ALL_TASKS_OVER = {
  remove: CLEARED,
  compute: {
    [ATTR.tasksEpoch]: {
      expression: "#Tasks_Epoch + :one",
      values: { ":one": 1 },
      names: { "#Tasks_Epoch": ATTR.tasksEpoch },
    },
  },
};

/**
 * Starts items over from any state. The done tasks of a nested item stay done, as in PyAnamo, so that only the others
 * run again, unless `tasks` names them. An item with a single task is reset together with that task.
 */
export function toReset({ to = "todo", tasks, force = false, restart = false }: ResetOptions = {}): Change {
  const next: Destination = { state: to, ...(restart && { restart }) };
  return {
    force,
    to,
    isIdle: () => false,
    apply: (context, seen) => {
      if (tasks?.length === 0) return Promise.resolve({ result: "unchanged", why: "no tasks were named" });
      return seen.nestedTasks > 0 ? resetNested(context, seen, next, tasks) : resetPlain(context, seen, next, tasks);
    },
  };
}

function resetPlain(context: ChangeContext, seen: Seen, next: Destination, tasks: ResetOptions["tasks"]) {
  const missing = tasks === undefined || tasks === "all" ? [] : tasks.filter((task) => task !== taskKeyOf(0));
  if (missing.length > 0) return Promise.resolve(tasksNotFound(missing));
  return moveItem(context, seen, { ...next, remove: CLEARED });
}

async function resetNested(context: ChangeContext, seen: Seen, next: Destination, tasks: ResetOptions["tasks"]) {
  const { table } = context;
  const isOneDone = seen.nestedTasks === 1 && seen.tasksDone > 0;
  const which = tasks ?? (isOneDone || seen.longScript ? "all" : undefined);
  // no need to park it: task results written under the old epoch no longer count
  if (which === "all" && !seen.parked) {
    const set = { [ATTR.tasksDone]: storedDone(0, seen.longScript) };
    return moveItem(context, seen, { ...next, ...ALL_TASKS_OVER, set });
  }
  if (which === undefined && !mayHaveWorker(seen)) return moveItem(context, seen, { ...next, remove: CLEARED });
  if (which === undefined) return editTasks(context, seen, { remove: CLEARED, next });
  const found = await readUnparked(table, seen);
  if (!("item" in found)) return found;
  const { item } = found;
  const missing = which === "all" ? [] : await missingTasks(table, item, which);
  if (missing.length > 0) return tasksNotFound(missing);
  return editTasks(context, seen, {
    remove: CLEARED,
    next,
    edit: (parked, stillOurs) => redoTasks(table, parked, stillOurs, which),
  });
}

/** The decision for an item that lacks some of the named tasks: no change, because a name may be mistyped. */
export function tasksNotFound(tasks: readonly string[]): Decision {
  return { result: "not found", why: `it has no ${tasks.join(", ")}` };
}
