import type { Table } from "../table.ts";
import { isBlockedNow } from "./blocked-before.ts";
import { evaluate } from "./evaluate.ts";
import { listWaitingForStep } from "./list-waiting.ts";
import { type Mark, markStep } from "./mark-step.ts";
import { readWatchers } from "./read-watchers.ts";
import { toleratesFailures, type Watcher } from "./watcher.ts";

/**
 * Evaluates all items that wait for a whole step. If an unfinished item of the step has their mark, or gets it, nothing
 * more is needed. Otherwise lists the waiting items first and then reads the step, because the epoch of an item that
 * began to wait after that would not guard the decision. An item that the index did not show yet is found by a second
 * listing, or else by the sweep. A mark on an item that waits in vain does not hold up items that tolerate failures.
 * Returns the ids of the blocked ones.
 */
export async function evaluateWaitingForStep(table: Table, step: string): Promise<string[]> {
  let before = new Set<string>();
  const blocked: string[] = [];
  while (true) {
    const mark = await markStep(table, step);
    if (mark && !mark.isWaiting) break;
    const watchers = await listWatchers(table, step, mark);
    const added = watchers.filter(({ stateSort }) => !before.has(stateSort));
    if (added.length === 0 || (mark && !(await isBlockedNow(table, mark.itemId)))) break;
    blocked.push(...(await evaluate(table, added, { isUnmarked: step })));
    before = new Set([...before, ...watchers.map(({ stateSort }) => stateSort)]);
  }
  return blocked;
}

async function listWatchers(table: Table, step: string, mark: Mark | undefined): Promise<Watcher[]> {
  const { only, partly } = await listWaitingForStep(table, step);
  const watchers = [...only, ...(await readWatchers(table, partly))];
  return mark ? watchers.filter(toleratesFailures) : watchers;
}
