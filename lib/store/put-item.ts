import { createHash } from "node:crypto";
import type { Item } from "../items/item.ts";
import type { NewItem } from "../items/new-item.ts";
import { taskKeyOf } from "../items/task-names.ts";
import type { Connection } from "./connection.ts";
import { deleteTasks } from "./delete-rows.ts";
import type { Condition } from "./expression.ts";
import { DEFAULT_PRIORITY, itemKey } from "./keys.ts";
import { isRowOf, keepParked, newParked, openParked } from "./parked.ts";
import { readRow } from "./read-row.ts";
import { itemToRow } from "./rows.ts";
import { type Scripts, writeScripts } from "./script-rows.ts";
import { putRow, type WriteResult } from "./write-row.ts";

/**
 * A longer script is stored as if the item were nested. Every claim, heartbeat and completion is billed by the size of
 * the item's row; a row of scripts is written once.
 */
export const LONG_SCRIPT_BYTES = 3_000;

/** Where an item is put, and under what condition. */
export interface PutOptions {
  /** the item that is being replaced */
  old?: Item | undefined;
  shards: number;
  /** must hold of what is stored under the itemID */
  condition: Condition;
  /** the tasks of `old` are those of the new item: they stay as they are, done ones included */
  keepsTasks?: boolean;
  /** it is not to be claimed: it stays held, since then */
  heldSinceMs?: number | undefined;
}

/**
 * Puts an item, ready to be claimed. One that has tasks, or replaces one that had, is parked until they are written or
 * deleted.
 */
export function putItem(table: Connection, item: NewItem, options: PutOptions): Promise<WriteResult> {
  const { old, shards, condition } = options;
  const scripts = scriptsOfTasks(item);
  const fresh = freshItem(table, item, { scripts, old, heldSinceMs: options.heldSinceMs });
  if (options.keepsTasks && old) {
    const { tasksEpoch, tasksDone } = old;
    const kept = tasksEpoch === undefined ? { ...fresh, tasksDone } : { ...fresh, tasksDone, tasksEpoch };
    return putRow(table, itemToRow(kept, shards), condition);
  }
  if (!scripts && !old?.nestedTasks) return putRow(table, itemToRow(fresh, shards), condition);
  return putParked(table, fresh, namedScripts(item, scripts ?? []), options);
}

/** The scripts that have rows of their own; undefined if the only script is on the item's row. */
export function scriptsOfTasks(item: NewItem): readonly string[] | undefined {
  if (item.scripts) return item.scripts;
  return Buffer.byteLength(item.script ?? "") > LONG_SCRIPT_BYTES ? [item.script ?? ""] : undefined;
}

/**
 * Short hash of the scripts of a nested item, in order. Counts the arguments only if a script does not contain its own
 * as it is, so that one which uses `$TASK_ARG` differs from the same script with another argument.
 */
export function hashOf(scripts: readonly string[], args?: readonly string[]): string {
  const areInScripts = args === undefined || scripts.every((script, index) => script.includes(args[index] ?? ""));
  return hashOfTexts(areInScripts ? scripts : [...scripts, ...args]);
}

function hashOfTexts(scripts: readonly string[]): string {
  // the JSON of the list, but not in one piece: there may be 64 MB of it
  const hash = createHash("sha256");
  scripts.forEach((script, index) => {
    hash.update(`${index === 0 ? "[" : ","}${JSON.stringify(script)}`);
  });
  return hash.update("]").digest("base64url").slice(0, 12);
}

/** The scripts of a nested item by the names of its tasks, with their arguments. */
export function namedScripts({ args }: NewItem, scripts: readonly string[]): Scripts {
  return scripts.map((script, index) => [taskKeyOf(index), script, args?.[index]] as const);
}

async function putParked(
  table: Connection,
  fresh: Item,
  scripts: Scripts,
  { old, shards, condition, heldSinceMs }: PutOptions,
): Promise<WriteResult> {
  const { itemId, script: _, ...rest } = fresh;
  const oldTasks = old?.nestedTasks ?? 0;
  const parked = newParked("import", table.now(), heldSinceMs);
  const held: Item = {
    ...rest,
    itemId,
    state: "held",
    endedAtMs: parked.sinceMs,
    parked,
    // whoever takes this over has to know that there are tasks
    nestedTasks: fresh.nestedTasks || oldTasks,
  };
  const put = await putRow(table, itemToRow(held, shards), condition);
  if (!put.won && !isRowOf(put.row, parked)) return put;
  const stillOurs = keepParked(table, itemId, parked);
  const isOurs =
    (oldTasks === 0 || (await deleteTasks(table, itemId, stillOurs))) &&
    (await writeScripts(table, fresh, scripts, stillOurs)) &&
    (await openParked(table, { item: fresh, parked, shards }));
  if (isOurs) return { won: true, row: undefined };
  return { won: false, row: await readRow(table, itemKey(itemId)), sent: 1 };
}

function freshItem(
  { now }: Connection,
  item: NewItem,
  { scripts, old, heldSinceMs }: Pick<PutOptions, "old" | "heldSinceMs"> & { scripts: readonly string[] | undefined },
): Item {
  const { itemId, taskId, step, priority = DEFAULT_PRIORITY, script = "", scripts: _, args, ...others } = item;
  return {
    ...others,
    itemId,
    taskId,
    step,
    state: heldSinceMs === undefined ? "todo" : "held",
    ...(heldSinceMs !== undefined && { endedAtMs: heldSinceMs }),
    priority,
    ...(!scripts && { script }),
    nestedTasks: scripts?.length ?? 0,
    ...(scripts && !item.scripts && { longScript: true as const }),
    ...(scripts && { scriptsHash: hashOf(scripts, args), tasksEpoch: epochAfter(old, now()) }),
    tasksDone: 0,
    attempt: old?.attempt ?? 0,
    failures: 0,
    interruptions: 0,
    losses: 0,
  };
}

/** Later than anything that may still be written for the item as it was, even if that was deleted since. */
function epochAfter(old: Item | undefined, nowMs: number): number {
  return Math.max(nowMs, (old?.tasksEpoch ?? 0) + 1);
}
