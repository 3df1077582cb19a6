import { createHash, randomBytes } from "node:crypto";
import type { NewItem } from "../changes/add.ts";
import type { Item } from "../items/item.ts";
import { taskKeyOf } from "../items/task-names.ts";
import type { Connection } from "./connection.ts";
import { deleteTasks } from "./delete-rows.ts";
import { DEFAULT_PRIORITY } from "./keys.ts";
import { heldBy, openItem } from "./parked.ts";
import { putRow } from "./put-row.ts";
import { A, itemToRow, type Row } from "./rows.ts";
import { ITEM_ROW } from "./schema.ts";
import { type Scripts, writeScripts } from "./script-rows.ts";
import { type Condition, getRow, type WriteResult } from "./update.ts";

/**
 * A script longer than this is kept as if the item were nested: every claim, heartbeat and completion is billed by the
 * size of the item's row, that of the script is written once.
 */
export const LONG_SCRIPT_BYTES = 3_000;

/**
 * Puts an item, to be claimed then, where the condition holds of what stands there; `old` is that, if anything. One
 * that has tasks, or had, is out of everybody's reach until they are written, or deleted.
 */
export function putItem(
  table: Connection,
  shards: number,
  item: NewItem,
  old: Item | undefined,
  condition: Condition,
): Promise<WriteResult> {
  const scripts = scriptsOfTasks(item);
  const fresh = newRowItem(table, item, scripts, old);
  if (!scripts && !old?.nestedTasks) return putRow(table, itemToRow(fresh, shards), condition);
  const named = scripts?.map((script, index) => [taskKeyOf(index), script] as const) ?? [];
  return putParked(table, shards, fresh, named, old?.nestedTasks ?? 0, condition);
}

/** The scripts that an item has rows for; none if its only script lies on its own row. */
export function scriptsOfTasks(item: NewItem): readonly string[] | undefined {
  if (item.scripts) return item.scripts;
  return Buffer.byteLength(item.script ?? "") > LONG_SCRIPT_BYTES ? [item.script ?? ""] : undefined;
}

/** Short hash of the scripts of a nested item, in their order. */
export function hashOf(scripts: readonly string[]): string {
  // as JSON of the list, but not in one piece: there may be 64 MB of it
  const hash = createHash("sha256");
  scripts.forEach((script, index) => {
    hash.update(`${index === 0 ? "[" : ","}${JSON.stringify(script)}`);
  });
  return hash.update("]").digest("base64url").slice(0, 12);
}

async function putParked(
  table: Connection,
  shards: number,
  fresh: Item,
  scripts: Scripts,
  oldTasks: number,
  condition: Condition,
): Promise<WriteResult> {
  const { itemId, nestedTasks, script: _, ...rest } = fresh;
  const [token, nowMs] = [randomBytes(6).toString("base64url"), table.now()];
  const parked: Item = {
    ...{ ...rest, itemId, state: "held", endedAtMs: nowMs, importing: { token, sinceMs: nowMs } },
    // whoever takes this over has to know that there are tasks
    nestedTasks: nestedTasks || oldTasks,
  };
  const put = await putRow(table, itemToRow(parked, shards), condition);
  if (!put.won && !isToken(put.row, token)) return put;
  const stillOurs = heldBy(table, itemId, token);
  const isOurs =
    (oldTasks === 0 || (await deleteTasks(table, itemId, stillOurs))) &&
    (await writeScripts(table, fresh, scripts, stillOurs)) &&
    (await openItem(table, shards, fresh, token));
  if (isOurs) return { won: true, row: undefined };
  return { won: false, row: await getRow(table, { [A.itemId]: itemId, [A.taskKey]: ITEM_ROW }), sent: 1 };
}

function newRowItem(
  table: Connection,
  item: NewItem,
  scripts: readonly string[] | undefined,
  old: Item | undefined,
): Item {
  return {
    itemId: item.itemId,
    taskId: item.taskId,
    step: item.step,
    state: "todo",
    priority: item.priority ?? DEFAULT_PRIORITY,
    ...(!scripts && { script: item.script ?? "" }),
    nestedTasks: scripts?.length ?? 0,
    ...(scripts && { scriptsHash: hashOf(scripts), tasksEpoch: epochAfter(old, table.now()) }),
    tasksDone: 0,
    attempt: old?.attempt ?? 0,
    failures: 0,
    interruptions: 0,
    losses: 0,
    ...(item.maxAttempts !== undefined && { maxAttempts: item.maxAttempts }),
    ...(item.timeoutMs !== undefined && { timeoutMs: item.timeoutMs }),
    ...(item.leaseMs !== undefined && { leaseMs: item.leaseMs }),
    ...(item.source !== undefined && { source: item.source }),
  };
}

/** Later than whatever somebody may still write of the item as it was, be it of one that was deleted since. */
function epochAfter(old: Item | undefined, nowMs: number): number {
  return Math.max(nowMs, (old?.tasksEpoch ?? 0) + 1);
}

function isToken(row: Row | undefined, token: string): boolean {
  return (row?.[A.importing] as Item["importing"])?.token === token;
}
