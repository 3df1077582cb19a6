import { taskKeyOf } from "../items/task-names.ts";
import { ATTR, OUTCOME_ATTRIBUTES } from "../store/attributes.ts";
import { readItem } from "../store/read-row.ts";
import type { Seen } from "../store/seen.ts";
import type { Change, ChangeContext, Decision } from "./change.ts";
import { editTasks, isUnsure } from "./edit-tasks.ts";
import { moveItem } from "./move-item.ts";
import { missingTasks, redoTasks } from "./redo-tasks.ts";

/** How items are started over. */
export interface ResetOptions {
  /** where they go; `todo` if nothing is said */
  to?: "todo" | "held";
  /** the tasks that are started over too; an empty list changes nothing */
  tasks?: "all" | readonly string[];
  /** take locked items from their workers, which then stop and write nothing */
  force?: boolean;
}

/** What a reset takes from an item: its failures and what its last attempt said. How many attempts there were stays. */
const STARTED_OVER = [ATTR.failures, ATTR.interruptions, ATTR.losses, ...OUTCOME_ATTRIBUTES];

/** Starts all tasks of an item over in the same write. */
const ALL_OVER = {
  remove: [...STARTED_OVER, ATTR.tasksDone],
  compute: {
    [ATTR.tasksEpoch]: {
      expression: "#Tasks_Epoch + :one",
      values: { ":one": 1 },
      names: { "#Tasks_Epoch": ATTR.tasksEpoch },
    },
  },
};

/**
 * Starts items over, whatever state they are in. Of a nested item the tasks that are done stay done, as with PyAnamo,
 * so that only the others are run again; unless `tasks` names them. An item of a single task is that task.
 */
export function toReset({ to = "todo", tasks, force = false }: ResetOptions = {}): Change {
  return {
    ...{ force, to },
    isIdle: () => false,
    apply: (context, seen) => {
      if (tasks?.length === 0) return Promise.resolve({ result: "unchanged", why: "no task is named" });
      return seen.nestedTasks > 0 ? resetNested(context, seen, to, tasks) : resetPlain(context, seen, to, tasks);
    },
  };
}

function resetPlain(context: ChangeContext, seen: Seen, to: "todo" | "held", tasks: ResetOptions["tasks"]) {
  const missing = tasks === undefined || tasks === "all" ? [] : tasks.filter((task) => task !== taskKeyOf(0));
  if (missing.length > 0) return Promise.resolve(noSuch(missing));
  return moveItem(context, seen, { state: to, remove: STARTED_OVER });
}

async function resetNested(context: ChangeContext, seen: Seen, to: "todo" | "held", tasks: ResetOptions["tasks"]) {
  const { table } = context;
  const next = { state: to };
  const which = tasks ?? (seen.nestedTasks === 1 && seen.tasksDone > 0 ? "all" : undefined);
  // what was written of its tasks under the number before counts no more, and what will be neither: no need to park it
  if (which === "all" && !seen.parked) return moveItem(context, seen, { ...next, ...ALL_OVER });
  if (which === undefined && !isUnsure(seen)) return moveItem(context, seen, { ...next, remove: STARTED_OVER });
  if (which === undefined) return editTasks(context, seen, { remove: STARTED_OVER, next });
  const item = await readItem(table, seen.itemId);
  if (!item) return { won: false, row: undefined };
  const missing = which === "all" ? [] : await missingTasks(table, item, which);
  if (missing.length > 0) return noSuch(missing);
  return editTasks(context, seen, {
    remove: STARTED_OVER,
    next,
    edit: (parked, stillOurs) => redoTasks(table, parked, stillOurs, which),
  });
}

/** Says that an item lacks tasks; none of it is changed then, as a name may be mistyped. */
export function noSuch(tasks: readonly string[]): Decision {
  return { result: "not found", why: `it has no ${tasks.join(", ")}` };
}
