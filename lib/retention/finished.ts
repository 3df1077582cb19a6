import { directFollowersOf, type Follower } from "../depend/followers.ts";
import type { Item } from "../items/item.ts";
import { RUNNING_EXPIRES_MS, readGate } from "../store/gates.ts";
import type { Table } from "../table.ts";

/** What is known about the followers of a sample, a step or an item. */
interface Behind {
  /** whether all are done */
  areDone: boolean;
  /** when the first of them was claimed */
  sinceMs: number;
}

/**
 * Those of these done items that nothing needs any more: they have followers, all of which are done and were claimed
 * after the item had ended, so they have used these results and not earlier ones. Leaves out items without followers.
 * All reads are strongly consistent.
 */
export async function finishedOf(table: Table, items: readonly Item[]): Promise<Item[]> {
  const known = new Map<string, Behind>();
  for (const follower of await directFollowersOf(table, items)) {
    for (const key of followedBy(follower)) known.set(key, together(known.get(key), follower));
  }
  return items.filter((item) => {
    const behind = [...namesOf(item)].flatMap((key) => known.get(key) ?? []);
    // without a tolerance for clocks: a result that stays too long harms nobody
    const isUsed = ({ areDone, sinceMs }: Behind) => areDone && sinceMs >= (item.endedAtMs ?? 0);
    return behind.length > 0 && behind.every(isUsed);
  });
}

function followedBy({ taskId, dependencies: { after = [], afterAll = [], afterItems = [] } }: Follower): string[] {
  return [...after.map((step) => sampleKey(step, taskId)), ...afterAll.map(stepKey), ...afterItems.map(itemKey)];
}

function namesOf({ itemId, taskId, step }: Item): string[] {
  return [sampleKey(step, taskId), stepKey(step), itemKey(itemId)];
}

const sampleKey = (step: string, taskId: string) => JSON.stringify(["s", step, taskId]);
const stepKey = (step: string) => JSON.stringify(["a", step]);
const itemKey = (itemId: string) => JSON.stringify(["i", itemId]);

function together(known: Behind | undefined, { state, claimedAtMs = 0 }: Follower): Behind {
  const own = { areDone: state === "done", sinceMs: claimedAtMs };
  if (!known) return own;
  return { areDone: known.areDone && own.areDone, sinceMs: Math.min(known.sinceMs, own.sinceMs) };
}

/** Whether an import is running that may add items which need results. */
export async function isImporting(table: Table): Promise<boolean> {
  const { steps, links } = await table.settings.get();
  for (const step of new Set([...steps.keys(), ...links.keys()])) {
    const { running } = await readGate(table, step);
    if ([...running.values()].some((seenMs) => table.now() - seenMs <= RUNNING_EXPIRES_MS)) return true;
  }
  return false;
}
