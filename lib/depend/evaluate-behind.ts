import type { Table } from "../table.ts";
import { isBlockedNow } from "./blocked-before.ts";
import { evaluate } from "./evaluate.ts";
import { listBehindStep } from "./list-waiting.ts";
import { type Mark, markStep } from "./mark-step.ts";
import { readWatchers } from "./read-watchers.ts";
import { toleratesFailures, type Watcher } from "./watcher.ts";

/**
 * Looks at all who wait for a whole step. If an unfinished item of the step has their mark, or gets it, that is all.
 * Otherwise they are listed, and then the step is read: the epoch of one that began to wait after that would not guard
 * the decision. One that the index did not show yet is found by a second list, or else by the sweep. A mark on an item
 * that waits in vain does not keep those who tolerate failures. Returns the ids of those that are blocked.
 */
export async function evaluateBehind(table: Table, step: string): Promise<string[]> {
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
  const { only, partly } = await listBehindStep(table, step);
  const watchers = [...only, ...(await readWatchers(table, partly))];
  return mark ? watchers.filter(toleratesFailures) : watchers;
}
