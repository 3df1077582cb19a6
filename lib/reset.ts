import type { Change, ChangeContext, Verdict } from "./change.ts";
import { editTasks, isUnsure } from "./edit-tasks.ts";
import { moveItem } from "./move-item.ts";
import { missingTasks, resetTasks } from "./reset-tasks.ts";
import { A, OUTCOME_ATTRIBUTES, type Row } from "./rows.ts";
import type { Seen } from "./seen.ts";
import { taskKeyOf } from "./write-tasks.ts";

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
const STARTED_OVER: Row = Object.fromEntries(
  [A.failures, A.interruptions, A.losses, ...OUTCOME_ATTRIBUTES].map((name) => [name, undefined]),
);

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

async function resetPlain(context: ChangeContext, seen: Seen, to: "todo" | "held", tasks: ResetOptions["tasks"]) {
  const missing = tasks === undefined || tasks === "all" ? [] : tasks.filter((task) => task !== taskKeyOf(0));
  return missing.length > 0 ? noSuch(missing) : moveItem(context, seen, { state: to, set: STARTED_OVER });
}

async function resetNested(context: ChangeContext, seen: Seen, to: "todo" | "held", tasks: ResetOptions["tasks"]) {
  const { table } = context;
  const { itemId } = seen;
  const which = tasks ?? (seen.nestedTasks === 1 && seen.tasksDone > 0 ? "all" : undefined);
  if (which === undefined && !isUnsure(seen)) return moveItem(context, seen, { state: to, set: STARTED_OVER });
  const missing = which === undefined || which === "all" ? [] : await missingTasks(table, itemId, which);
  if (missing.length > 0) return noSuch(missing);
  const edit = (epoch: string) => (which ? resetTasks(table, itemId, which, epoch) : Promise.resolve());
  return editTasks(context, seen, { set: STARTED_OVER, next: { state: to }, edit });
}

/** Says that an item lacks tasks; none of it is changed then, as a name may be mistyped. */
export function noSuch(tasks: readonly string[]): Verdict {
  return { result: "not found", why: `it has no ${tasks.join(", ")}` };
}
