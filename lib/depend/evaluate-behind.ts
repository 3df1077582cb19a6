import type { Table } from "../table.ts";
import { evaluate, readWatchers } from "./evaluate.ts";
import { listBehindStep } from "./list-waiting.ts";
import { markStep } from "./mark-step.ts";

/**
 * Looks at all who wait for a whole step. If an unfinished item of the step has their mark, or gets it, that is all.
 * Otherwise they are listed, and then the step is read: the epoch of one that began to wait after that would not guard
 * the decision. One that the index did not show yet is found by a second list, or else by the sweep.
 */
export async function evaluateBehind(table: Table, step: string): Promise<void> {
  let before = new Set<string>();
  while (!(await markStep(table, step))) {
    const { only, partly } = await listBehindStep(table, step);
    const watchers = [...only, ...(await readWatchers(table, partly))];
    const added = watchers.filter(({ stateSort }) => !before.has(stateSort));
    if (added.length === 0) return;
    await evaluate(table, added, { isUnmarked: step });
    before = new Set([...before, ...watchers.map(({ stateSort }) => stateSort)]);
  }
}
