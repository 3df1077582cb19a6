import { sideBySide } from "../flow/side-by-side.ts";
import { escapePathPart } from "../ids.ts";
import { toleratedOf } from "../items/dependencies.ts";
import type { ItemEntry } from "../items/item.ts";
import type { ItemState } from "../items/states.ts";
import { RUNNING_EXPIRES_MS } from "../store/gates.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import { sampleOf } from "../store/members.ts";
import { SETTING, type Settings } from "../store/settings.ts";
import { isAtRest } from "../store/settings-cache.ts";
import { changeSettings } from "../store/settings-row.ts";
import { parseTarget, parseWaitingSort } from "../store/waiting-keys.ts";
import type { Table } from "../table.ts";
import { evaluateItems } from "./evaluate.ts";
import { evaluateWaitingForStep } from "./evaluate-waiting-for-step.ts";

const WIDTH = 16;
/**
 * How long a table must have been at rest before one more sweep is enough. An import that died shortly before keeps
 * items waiting until it counts as dead, and may have ended a rest that was marked 4 minutes ago.
 */
const SETTLED_MS = RUNNING_EXPIRES_MS + 5 * 60_000;

/**
 * Repeats what processes left unfinished when they died: evaluates waiting items for which the index shows nothing
 * unfinished under their target. Returns how many items and whole steps it evaluated. Costs nothing on a table without
 * waiting items; otherwise 0.018 read units for each unfinished or failed item of the steps that others name, and for
 * each waiting item. Memory grows with the number of things that can be waited for: about 100 bytes per open sample of
 * such a step.
 */
export async function sweepWaiting(table: Table): Promise<number> {
  const settings = await table.settings.get(0);
  // at rest, an earlier sweep has evaluated the same items
  if (settings.links.size === 0 || (isAtRest(settings) && settings.atRest?.isSwept)) return 0;
  const open = new OpenItems(settings);
  await readEntries(table, { settings, states: ["todo", "locked", "held", "failed"] }, (entry) => open.add(entry));
  // what was read so far keeps most of them waiting; the others may be waiting for one another
  const unsure: [itemId: string, target: string][] = [];
  await readEntries(table, { settings, states: ["waiting"] }, (entry) => {
    const { target } = parseWaitingSort(entry.stateSort ?? "");
    if (!open.keeps(target)) unsure.push([entry.itemId, target]);
    open.add(entry);
  });
  const items: string[] = [];
  const steps = new Set<string>();
  for (const [itemId, target] of unsure) {
    if (open.keeps(target)) continue;
    const parsed = parseTarget(target);
    if (parsed.kind === "all") steps.add(parsed.step);
    else items.push(itemId);
  }
  let hasReleased = false;
  const watched: Table = {
    ...table,
    onReleased: (released) => {
      hasReleased = true;
      table.onReleased?.(released);
    },
  };
  await evaluateItems(watched, items);
  for (const step of steps) await evaluateWaitingForStep(watched, step);
  // otherwise neither a summary nor a scheduled launch would see the item for an hour
  if (hasReleased) await table.settings.wake(settings);
  else await noteSwept(table, settings);
  return items.length + steps.size;
}

/** Records that this sweep was the last that a table at rest needs. */
async function noteSwept(table: Table, { atRest }: Settings): Promise<void> {
  if (!atRest?.isSure || table.now() - atRest.sinceMs < SETTLED_MS) return;
  const { atRestSinceMs: since, atRestSweptMs: swept } = SETTING;
  // refused if somebody has ended the rest in the meantime
  await changeSettings(table, { set: { [swept]: atRest.sinceMs }, equal: { [since]: atRest.sinceMs } });
}

async function readEntries(
  table: Table,
  { settings, states }: { settings: Settings; states: readonly ItemState[] },
  take: (entry: ItemEntry) => void,
): Promise<void> {
  const links = [...settings.links.values()];
  const isAny = links.some(({ afterItems }) => afterItems);
  const named = new Set([...links.flatMap(({ after, afterAll }) => [...after, ...afterAll]), ...settings.links.keys()]);
  const steps = [...settings.steps.keys()].filter((step) => isAny || named.has(step));
  await sideBySide(partitionsOf(settings, { steps, states }), WIDTH, async (partition) => {
    for await (const page of readPartition(table, partition)) for (const entry of page) take(entry);
  });
}

/** Unfinished or failed items as listed in the index; keeps only those that some item may wait for. */
class OpenItems {
  readonly #settings: Settings;
  /** whether any items are waited for by id */
  readonly #byId: boolean;
  readonly #items = new Set<string>();
  /** by step, if items of the same sample are waited for there */
  readonly #samples: ReadonlyMap<string, Set<string>>;
  readonly #unfinished = new Set<string>();
  /** steps with unfinished items that do not themselves wait */
  readonly #active = new Set<string>();
  readonly #failed = new Map<string, number>();

  constructor(settings: Settings) {
    const links = [...settings.links.values()];
    this.#settings = settings;
    this.#byId = links.some(({ afterItems }) => afterItems);
    this.#samples = new Map(links.flatMap(({ after }) => after).map((step) => [step, new Set<string>()]));
  }

  add({ itemId, step, taskId, state }: ItemEntry): void {
    if (this.#byId) this.#items.add(escapePathPart(itemId));
    this.#samples.get(step)?.add(sampleOf(taskId));
    if (state === "failed") this.#failed.set(step, (this.#failed.get(step) ?? 0) + 1);
    else this.#unfinished.add(step);
    if (state !== "failed" && state !== "waiting") this.#active.add(step);
  }

  /** Whether something open is a reason to keep waiting for a target. */
  keeps(target: string): boolean {
    const parsed = parseTarget(target);
    if (parsed.kind === "item") return this.#items.has(parsed.item);
    // nothing has ever been added to a step that is not in the settings
    if (!this.#settings.steps.has(parsed.step)) return true;
    if (parsed.kind === "sample") return this.#samples.get(parsed.step)?.has(parsed.sample) ?? false;
    return this.#keepsStep(parsed.step, parsed.allowFailed);
  }

  /** How many items a share amounts to is known only after reading the step. */
  #keepsStep(step: string, allowFailed: string): boolean {
    if (this.#active.has(step)) return true;
    // waiting items may be waiting in vain, and may then be among those that may fail
    if (this.#unfinished.has(step)) return !(Number.parseFloat(allowFailed) > 0);
    return !allowFailed.endsWith("%") && (this.#failed.get(step) ?? 0) > toleratedOf(allowFailed, 0);
  }
}
