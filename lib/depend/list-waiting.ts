import { sideBySide } from "../flow/side-by-side.ts";
import { readPartition } from "../store/list-entries.ts";
import {
  allPrefix,
  itemTarget,
  parseTarget,
  parseWaitingSort,
  samplePrefix,
  sampleTarget,
  waitingKey,
} from "../store/waiting-keys.ts";
import type { Table } from "../table.ts";
import type { Watcher } from "./watcher.ts";

/**
 * What others may wait for: an item that has ended or was added, a step that something was added to, or any added item.
 */
export type Ended = { itemId: string; step: string; taskId: string } | { step: string } | { anyItem: true };

const WIDTH = 16;

/** The waiting items of `step` that the index lists under what has ended. */
export async function listWaitingFor(table: Table, step: string, ended: Ended): Promise<string[]> {
  const found = await sideBySide(prefixesOf(ended), 1, (prefix) => list(table, step, prefix));
  return found.flat().map(({ itemId }) => itemId);
}

function prefixesOf(ended: Ended): string[] {
  if ("anyItem" in ended) return ["i#"];
  if (!("itemId" in ended)) return [samplePrefix(ended.step)];
  return [`${sampleTarget(ended.step, ended.taskId)}#`, `${itemTarget(ended.itemId)}#`];
}

/**
 * All waiting items that the index lists under a whole step. `partly`: those that also wait for other things, which
 * only their rows show.
 */
export async function listWaitingForStep(table: Table, before: string): Promise<{ only: Watcher[]; partly: string[] }> {
  // a step whose items have just begun to wait must not be missing
  const { links } = await table.settings.get(0);
  const steps = [...links].flatMap(([step, { afterAll }]) => (afterAll.includes(before) ? [step] : []));
  const entries = (await sideBySide(steps, 1, (step) => list(table, step, allPrefix(before)))).flat();
  const only: Watcher[] = [];
  const partly: string[] = [];
  for (const { itemId, taskId, step, stateSort = "" } of entries) {
    const target = parseTarget(parseWaitingSort(stateSort).target);
    if (target.kind !== "all" || !target.isOnly) partly.push(itemId);
    else {
      const dependencies = { afterAll: [before], allowFailed: target.allowFailed };
      only.push({ itemId, taskId, step, stateSort, dependencies });
    }
  }
  return { only, partly };
}

async function list(table: Table, step: string, sortPrefix: string) {
  const { shards } = await table.settings.get();
  const keys = Array.from({ length: shards }, (_, shard) => waitingKey(step, shard));
  return (
    await sideBySide(keys, WIDTH, async (key) =>
      (await Array.fromAsync(readPartition(table, key, { sortPrefix }))).flat(),
    )
  ).flat();
}
