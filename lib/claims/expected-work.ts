import { countEntries } from "../store/count-entries.ts";
import { lockedKey } from "../store/keys.ts";
import { readPartition } from "../store/list-entries.ts";
import type { Settings } from "../store/settings.ts";
import { waitingKey } from "../store/waiting-keys.ts";
import type { Table } from "../table.ts";

/** Stop counting waiting items here. */
const MOST = 1_000;
const PAGE = 200;

/**
 * Whether more items are waiting than are running among the steps that they wait for, directly or indirectly. If so,
 * the workers of the running items will not be enough for the items that they release, so it is worth staying. `only`:
 * the steps that matter. Based on the index; leaves out items of paused steps. Costs nothing if no item of the table
 * has ever waited; otherwise 0.5 read units per shard and step with waiting items, plus 0.5 per shard for the locked
 * ones.
 */
export async function mayReleaseMore(table: Table, only?: readonly string[]): Promise<boolean> {
  const settings = await table.settings.get();
  const { links, paused, draining, shards } = settings;
  const steps = [...links.keys()].filter((step) => !paused.has(step) && (!only || only.includes(step)));
  if (draining || steps.length === 0) return false;
  const all = Array.from({ length: shards }, (_, shard) => shard);
  const ranges = steps.flatMap((step) => all.map((shard) => ({ stateKey: waitingKey(step, shard) })));
  const waiting = await countEntries(table, ranges, MOST);
  if (waiting === 0) return false;
  const before = stepsBefore(steps, settings);
  let running = 0;
  for (const shard of all) {
    for await (const page of readPartition(table, lockedKey(shard), { pageSize: PAGE })) {
      running += page.filter(({ step }) => !before || before.has(step)).length;
      if (running >= waiting) return false;
    }
  }
  return running > 0;
}

/** All steps that `steps` wait for, directly or indirectly; undefined if they may wait for items of any step. */
function stepsBefore(steps: readonly string[], { links }: Settings): Set<string> | undefined {
  const found = new Set<string>();
  const next = [...steps];
  for (let step = next.pop(); step !== undefined; step = next.pop()) {
    const { after = [], afterAll = [], afterItems = false } = links.get(step) ?? {};
    if (afterItems) return undefined;
    for (const before of [...after, ...afterAll]) {
      if (!found.has(before)) next.push(before);
      found.add(before);
    }
  }
  return found;
}
