import { sideBySide } from "../flow/side-by-side.ts";
import { escapePathPart } from "../ids.ts";
import { toleratedOf } from "../items/dependencies.ts";
import type { ItemEntry } from "../items/item.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import { sampleOf } from "../store/members.ts";
import type { Settings } from "../store/settings.ts";
import { parseTarget, parseWaitingSort } from "../store/waiting-keys.ts";
import type { Table } from "../table.ts";
import { evaluateItems } from "./evaluate.ts";
import { evaluateBehind } from "./evaluate-behind.ts";

const WIDTH = 16;

/**
 * Repeats what somebody died over: looks at the waiting items for which the index shows nothing unfinished under what
 * they are listed. Returns how many items and whole steps it looked at. A table without waiting items costs nothing;
 * else 0.018 read units for each unfinished or failed item of the steps that others name, and for each waiting one.
 */
export async function sweepWaiting(table: Table): Promise<number> {
  const settings = await table.settings.get(0);
  if (settings.links.size === 0) return 0;
  const open = new OpenItems();
  const waiting: ItemEntry[] = [];
  await readEntries(table, settings, (entry) => {
    if (entry.state === "waiting") waiting.push(entry);
    open.add(entry);
  });
  const items: string[] = [];
  const steps = new Set<string>();
  for (const { itemId, stateSort = "" } of waiting) {
    const target = parseTarget(parseWaitingSort(stateSort).target);
    if (target.kind === "item") {
      if (!open.hasItem(target.item)) items.push(itemId);
      // nothing has ever been added to a step that the settings do not know
    } else if (!settings.steps.has(target.step)) continue;
    else if (target.kind === "sample") {
      if (!open.hasSample(target.step, target.sample)) items.push(itemId);
    } else if (!open.hasStep(target.step, target.allowFailed)) steps.add(target.step);
  }
  await evaluateItems(table, items);
  for (const step of steps) await evaluateBehind(table, step);
  return items.length + steps.size;
}

async function readEntries(table: Table, settings: Settings, take: (entry: ItemEntry) => void): Promise<void> {
  const links = [...settings.links.values()];
  const isAny = links.some(({ afterItems }) => afterItems);
  const named = new Set([...links.flatMap(({ after, afterAll }) => [...after, ...afterAll]), ...settings.links.keys()]);
  const steps = [...settings.steps.keys()].filter((step) => isAny || named.has(step));
  const partitions = partitionsOf(settings, { steps, states: ["waiting", "todo", "locked", "held", "failed"] });
  await sideBySide(partitions, WIDTH, async (partition) => {
    for await (const page of readPartition(table, partition)) for (const entry of page) take(entry);
  });
}

/** What is not finished, or failed, as the index lists it. */
class OpenItems {
  readonly #items = new Set<string>();
  readonly #samples = new Set<string>();
  readonly #unfinished = new Set<string>();
  readonly #failed = new Map<string, number>();

  add({ itemId, step, taskId, state }: ItemEntry): void {
    this.#items.add(escapePathPart(itemId));
    this.#samples.add(placeOf(step, sampleOf(taskId)));
    if (state === "failed") this.#failed.set(step, (this.#failed.get(step) ?? 0) + 1);
    else this.#unfinished.add(step);
  }

  hasItem(item: string): boolean {
    return this.#items.has(item);
  }

  hasSample(step: string, sample: string): boolean {
    return this.#samples.has(placeOf(step, sample));
  }

  /** Of how many items a share is, only a look at the step tells. */
  hasStep(step: string, allowFailed: string): boolean {
    if (this.#unfinished.has(step)) return true;
    return !allowFailed.endsWith("%") && (this.#failed.get(step) ?? 0) > toleratedOf(allowFailed, 0);
  }
}

function placeOf(step: string, sample: string): string {
  return `${sample}#${step}`;
}
