import type { ItemState } from "../items/states.ts";
import type { Table } from "../table.ts";
import { decide, isUnfinished, partsOf } from "./decide.ts";
import { readWatchers } from "./read-watchers.ts";
import { type Predecessor, readSnapshot } from "./snapshot.ts";

/** One thing that a waiting item waits for and that is not done. */
export interface WaitsFor {
  /** the step; or the item, if it is named by id */
  step?: string;
  itemID?: string;
  /** all items of the step, not only those of the same sample */
  wholeStep?: true;
  /** nothing is there yet, or an import is still adding to it */
  missing?: "item" | "items" | "end of import";
  /** the first few unfinished items */
  unfinished: WaitedFor[];
  /** the first few items that have failed for good, which block it */
  failed: WaitedFor[];
  unfinishedCount: number;
  failedCount: number;
}

/** An item that another waits for. */
export interface WaitedFor {
  itemID: string;
  taskID: string;
  step: string;
  state: ItemState;
}

/** Why an item waits. */
export interface WhyWaiting {
  /** something that it waits for has failed for good, and nothing else is unfinished */
  blocked: boolean;
  waitsFor: WaitsFor[];
}

/** How many items of each kind are named at most. */
const NAMED = 5;

/** Why an item is waiting now, according to its predecessors' rows; undefined if it is not waiting. */
export async function whyWaiting(table: Table, itemId: string): Promise<WhyWaiting | undefined> {
  const [watcher] = await readWatchers(table, [itemId]);
  if (!watcher) return undefined;
  const snapshot = await readSnapshot(table, [watcher]);
  const parts = partsOf(watcher, snapshot).map(({ step, itemId: named, isWhole, found }): WaitsFor => {
    const unfinished = found.filter(isUnfinished);
    const failed = found.filter(({ state }) => state === "failed");
    const isImporting = step !== undefined && (snapshot.gates.get(step)?.running.size ?? 0) > 0;
    const nothing = step === undefined ? "item" : "items";
    const missing = found.length === 0 ? nothing : isImporting ? "end of import" : undefined;
    return {
      ...(step !== undefined && { step }),
      ...(named !== undefined && { itemID: named }),
      ...(isWhole && { wholeStep: true as const }),
      ...(missing && { missing }),
      unfinished: unfinished.slice(0, NAMED).map(asWaitedFor),
      failed: failed.slice(0, NAMED).map(asWaitedFor),
      unfinishedCount: unfinished.length,
      failedCount: failed.length,
    };
  });
  const waitsFor = parts.filter(
    ({ missing, unfinishedCount, failedCount }) => missing || unfinishedCount > 0 || failedCount > 0,
  );
  return { blocked: decide(watcher, snapshot).kind === "blocked", waitsFor };
}

function asWaitedFor({ itemId, taskId, step, state }: Predecessor): WaitedFor {
  return { itemID: itemId, taskID: taskId, step, state };
}
