import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { taskKeyOf } from "../items/task-names.ts";
import { deleteTasks } from "../store/delete-rows.ts";
import { heldBy } from "../store/parked.ts";
import { readItem } from "../store/read-item.ts";
import { A } from "../store/rows.ts";
import { isAsSeen, type Seen, seenOf } from "../store/seen.ts";
import { allOf, type Condition, settle } from "../store/update.ts";
import { stored } from "../store/update-of.ts";
import type { Change, ChangeContext, Written } from "./change.ts";
import { editTasks, park } from "./edit-tasks.ts";
import { itemKey } from "./move-item.ts";
import { dropTasks, missingTasks } from "./redo-tasks.ts";
import { noSuch } from "./reset.ts";

/** What is deleted. */
export interface DeleteOptions {
  /** only these tasks, and never all of an item; an empty list deletes nothing */
  tasks?: readonly string[];
  /** locked items too: their workers stop and write nothing */
  force?: boolean;
}

/**
 * Deletes items with their tasks. Of a nested item the own row goes last, as without it nobody would find the tasks
 * that a crash left behind; it is parked first, so that nobody claims the item while its tasks go.
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

function deletePlain({ table, settings }: ChangeContext, seen: Seen): Promise<Written> {
  const asSeen = isAsSeen(seen, settings.shards);
  return deleteRow(table, seen, seen.state === "todo" ? allOf(asSeen, hasNoTasks) : asSeen);
}

async function deleteNested(context: ChangeContext, seen: Seen): Promise<Written> {
  const result = await park(context, seen, "delete");
  if (!("parked" in result)) return result;
  const { table, settings } = context;
  const { parked } = result;
  // should another have taken it over, the row's own condition says so
  await deleteTasks(table, seen.itemId, heldBy(table, seen.itemId, parked.importing?.token ?? ""));
  return deleteRow(table, seen, isAsSeen(seenOf(parked), settings.shards));
}

function deleteRow(table: ChangeContext["table"], { itemId }: Seen, condition: Condition): Promise<Written> {
  const key = itemKey(itemId);
  const input = {
    TableName: table.name,
    Key: stored(key),
    ConditionExpression: condition.expression,
    ...(Object.keys(condition.names).length > 0 && { ExpressionAttributeNames: condition.names }),
    ExpressionAttributeValues: stored(condition.values ?? {}),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  };
  return settle(table, key, async () => {
    // the client's own command: lib-dynamodb's wrapping costs a tenth of the rate
    await table.db.send(new DeleteItemCommand(input));
    return undefined;
  });
}

/** One that waits may have been imported anew since the index showed it, with tasks that would be left behind. */
const hasNoTasks: Condition = {
  expression: `attribute_not_exists(${A.nestedTasks})`,
  names: {},
};

async function deleteTasksOf(context: ChangeContext, seen: Seen, tasks: readonly string[]) {
  if (tasks.length === 0) return { result: "unchanged", why: "no task is named" } as const;
  const { table } = context;
  const { itemId, nestedTasks, state, endedAtMs, importing } = seen;
  const item = nestedTasks > 0 ? await readItem(table, itemId) : undefined;
  if (nestedTasks > 0 && !item) return { won: false, row: undefined };
  const missing = item ? await missingTasks(table, item, tasks) : tasks.filter((task) => task !== taskKeyOf(0));
  if (missing.length > 0) return noSuch(missing);
  if (tasks.length >= Math.max(1, nestedTasks)) return ALL_OF_THEM;
  const after = importing ? "held" : state === "locked" ? "todo" : state;
  return editTasks(context, seen, {
    next: { state: after, ...(endedAtMs !== undefined && after !== "todo" && { endedAtMs }) },
    edit: (parked, stillOurs) => dropTasks(table, parked, stillOurs, tasks),
  });
}

const ALL_OF_THEM = { result: "unchanged", why: "these are all its tasks: delete the item instead" } as const;
