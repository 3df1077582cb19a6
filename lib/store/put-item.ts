import { createHash } from "node:crypto";
import { isDependent } from "../items/dependencies.ts";
import type { Item } from "../items/item.ts";
import type { NewItem } from "../items/new-item.ts";
import { taskKeyOf } from "../items/task-names.ts";
import { ATTR } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import { deleteTasks } from "./delete-rows.ts";
import type { Condition } from "./expression.ts";
import { wakesOn } from "./gates.ts";
import { DEFAULT_PRIORITY, itemKey } from "./keys.ts";
import { isRowOf, keepParked, newParked, openParked } from "./parked.ts";
import { readRow } from "./read-row.ts";
import { itemToRow } from "./rows.ts";
import { type Scripts, writeScripts } from "./script-rows.ts";
import { firstTarget, newWaitEpoch } from "./waiting-keys.ts";
import { putRow, type WriteResult } from "./write-row.ts";

/**
 * A longer script is stored as if the item were nested. Every claim, heartbeat and completion is billed by the size of
 * the item's row; a row of scripts is written once.
 */
export const LONG_SCRIPT_BYTES = 3_000;

/** How to put an item, and under what condition. */
export interface PutOptions {
  /** the item that is being replaced */
  old?: Item | undefined;
  shards: number;
  /** must hold for what is stored under the itemID */
  condition: Condition;
  /** the new item has the same tasks as `old`, which stay as they are, done ones included */
  keepsTasks?: boolean;
  /** the item stays held since this time and cannot be claimed */
  heldSinceMs?: number | undefined;
}

/**
 * Puts an item, ready to be claimed, or waiting if it waits for others. An item that has tasks, or replaces one that
 * had, is parked until they are written or deleted. Returns the wakes that the put removed, which the caller must
 * re-evaluate.
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
 * Short hash of the scripts of a nested item, in order. Includes an argument only if its script does not contain it
 * verbatim: a script that uses `$TASK_ARG` must hash differently when the argument differs.
 */
export function hashOf(scripts: readonly string[], args?: readonly string[]): string {
  const areInScripts = args === undefined || scripts.every((script, index) => script.includes(args[index] ?? ""));
  return hashOfTexts(areInScripts ? scripts : [...scripts, ...args]);
}

function hashOfTexts(scripts: readonly string[]): string {
  // hashes the JSON of the list piece by piece, because there may be 64 MB of it
  const hash = createHash("sha256");
  scripts.forEach((script, index) => {
    hash.update(`${index === 0 ? "[" : ","}${JSON.stringify(script)}`);
  });
  return hash.update("]").digest("base64url").slice(0, 12);
}

/** The scripts of a nested item by task name, with their arguments. */
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
    // anyone who takes this over must know that there are tasks
    nestedTasks: fresh.nestedTasks || oldTasks,
  };
  const put = await putRow(table, itemToRow(held, shards), condition);
  if (!put.won && !isRowOf(put.row, parked)) return put;
  const stillOurs = keepParked(table, itemId, parked);
  const isWritten =
    (oldTasks === 0 || (await deleteTasks(table, itemId, stillOurs))) &&
    (await writeScripts(table, fresh, scripts, stillOurs));
  const opened = isWritten ? await openParked(table, { item: fresh, parked, shards }) : undefined;
  if (opened) return { won: true, row: { [ATTR.wakes]: new Set([...wakesOn(put.row), ...wakesOn(opened)]) } };
  return { won: false, row: await readRow(table, itemKey(itemId)), sent: 1 };
}

/** Where a new item goes. */
function placeOf(connection: Connection, item: NewItem, { old, heldSinceMs }: Pick<PutOptions, "old" | "heldSinceMs">) {
  if (heldSinceMs !== undefined) return { state: "held", endedAtMs: heldSinceMs } as const;
  if (!isDependent(item)) return { state: "todo" } as const;
  const waiting = { target: firstTarget(item, item.taskId), epoch: newWaitEpoch(connection, old?.waiting?.epoch) };
  return { state: "waiting", waiting } as const;
}

function freshItem(
  connection: Connection,
  item: NewItem,
  { scripts, old, heldSinceMs }: Pick<PutOptions, "old" | "heldSinceMs"> & { scripts: readonly string[] | undefined },
): Item {
  const { itemId, taskId, step, priority = DEFAULT_PRIORITY, script = "", scripts: _, args, ...others } = item;
  return {
    ...others,
    itemId,
    taskId,
    step,
    ...placeOf(connection, item, { old, heldSinceMs }),
    priority,
    ...(!scripts && { script }),
    nestedTasks: scripts?.length ?? 0,
    ...(scripts && !item.scripts && { longScript: true as const }),
    ...(scripts && { scriptsHash: hashOf(scripts, args), tasksEpoch: epochAfter(old, connection.now()) }),
    // tells that it had tasks, which may have published results
    ...(!scripts && old?.tasksEpoch !== undefined && { tasksEpoch: old.tasksEpoch }),
    tasksDone: 0,
    attempt: old?.attempt ?? 0,
    ...(old?.results && { results: old.results }),
    ...(old?.removal && { removal: old.removal }),
    failures: 0,
    interruptions: 0,
    losses: 0,
  };
}

/** An epoch later than any that may still be written for the item as it was, even if it has been deleted since. */
function epochAfter(old: Item | undefined, nowMs: number): number {
  return Math.max(nowMs, (old?.tasksEpoch ?? 0) + 1);
}
