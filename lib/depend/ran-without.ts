import type { ItemState } from "../items/states.ts";
import type { Table } from "../table.ts";
import type { Opening } from "./openings.ts";
import { readOpening } from "./openings.ts";
import { readSnapshot, type Snapshot } from "./snapshot.ts";
import type { Watcher } from "./watcher.ts";

/** How the samples of whole steps differ now from those with which an item that waited for them was released. */
export interface RanWithout {
  /** samples that it ran without: they came later, or had failed then and are now neither failed nor waiting; sorted */
  without: string[];
  /** samples that it ran with and that have been deleted since; sorted */
  deleted: string[];
}

const byName = new Intl.Collator("en", { numeric: true }).compare;

/** The samples of steps as they are now: all of them, and those that are missing. */
export interface SamplesNow {
  all: ReadonlySet<string>;
  missing: ReadonlySet<string>;
}

/**
 * Whether an item in this state makes its sample count as missing: it has failed, or is waiting, perhaps for one that
 * has.
 */
export function leavesMissing(state: ItemState): boolean {
  return state === "failed" || state === "waiting";
}

/** Compares what an item was released with to what exists now. */
export function compareToOpening({ done, failed }: Pick<Opening, "done" | "failed">, now: SamplesNow): RanWithout {
  const [wasDone, wasFailed] = [new Set(done), new Set(failed)];
  const isNew = (taskId: string) => !wasDone.has(taskId) && !(wasFailed.has(taskId) && now.missing.has(taskId));
  return {
    without: [...now.all].filter(isNew).sort(byName),
    deleted: done.filter((taskId) => !now.all.has(taskId)),
  };
}

/**
 * What an item that waited for whole steps ran without, found by reading all items of these steps. Undefined if it did
 * not wait for any, or if what it was released with is gone.
 */
export async function ranWithout(
  table: Table,
  {
    itemId,
    taskId,
    step,
    opening,
    afterAll = [],
  }: {
    itemId: string;
    taskId: string;
    step: string;
    opening?: string | undefined;
    afterAll?: readonly string[] | undefined;
  },
): Promise<RanWithout | undefined> {
  if (opening === undefined || afterAll.length === 0) return undefined;
  const opened = await readOpening(table, opening);
  if (!opened) return undefined;
  const asWatcher: Watcher = { itemId, taskId, step, dependencies: { afterAll }, stateSort: "" };
  return compareToOpening(opened, samplesIn(await readSnapshot(table, [asWatcher]), afterAll));
}

function samplesIn({ samples }: Snapshot, steps: readonly string[]): SamplesNow {
  const [all, missing] = [new Set<string>(), new Set<string>()];
  for (const step of steps) {
    for (const { taskId, state } of [...(samples.get(step)?.values() ?? [])].flat()) {
      all.add(taskId);
      if (leavesMissing(state)) missing.add(taskId);
    }
  }
  return { all, missing };
}
