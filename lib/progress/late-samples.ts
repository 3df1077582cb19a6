import { readOpening } from "../depend/openings.ts";
import { compareToOpening, leavesMissing } from "../depend/ran-without.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { Item, ItemEntry } from "../items/item.ts";
import { readItem } from "../store/read-row.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";

/** Items of a step that started once all of another step was done, and the samples that have changed since. */
export interface StepRanBefore {
  step: string;
  /** how many items of the step */
  items: number;
  /** how many of them have been released, but not claimed yet */
  unstarted?: number;
  /** only some items of the step were checked */
  atLeast?: true;
  /** the first few of them */
  itemIDs: string[];
  /** the first few samples that they ran without, or of which they used old results */
  samples: string[];
  sampleCount: number;
  /** others wait for this step, so they have used its results */
  followed?: true;
}

/** What ran before samples changed, by step. */
export interface RanBefore {
  /** without samples that exist now */
  without: StepRanBefore[];
  /** with results of samples whose items have been done again since */
  onOld: StepRanBefore[];
}

/** A worker's clock may be off by almost 2 s. */
const CLOCKS_DIFFER_MS = 2_000;

/** How many items of a step are checked, oldest first, at one read unit each. */
const MAX_CHECKED = 50;
const NAMED = 5;
const WIDTH = 16;
const byName = new Intl.Collator("en", { numeric: true }).compare;

/**
 * Finds items that wait for whole steps, and ran without samples that came later or with results that have been
 * replaced since. Memory grows with the samples of steps
 * that others wait for as a whole. A table without such steps costs nothing.
 */
export class LateSamples {
  readonly #links: Settings["links"];
  /**
   * for each step that others wait for as a whole: when the last item of each sample was done, or 0; and the samples
   * that are missing
   */
  readonly #samples = new Map<string, { all: Map<string, number>; missing: Set<string> }>();
  /** for each step that waits for them: the items that no longer wait */
  readonly #started = new Map<string, { oldest: ItemEntry[]; count: number }>();

  constructor({ links }: Pick<Settings, "links">) {
    this.#links = links;
    for (const [step, { afterAll }] of links) {
      if (afterAll.length > 0) this.#started.set(step, { oldest: [], count: 0 });
      for (const before of afterAll) this.#samples.set(before, { all: new Map(), missing: new Set() });
    }
  }

  /** Must be called for every item of the table. */
  add(entry: ItemEntry): void {
    const samples = this.#samples.get(entry.step);
    const endedAtMs = entry.state === "done" ? (entry.endedAtMs ?? 0) : 0;
    samples?.all.set(entry.taskId, Math.max(endedAtMs, samples.all.get(entry.taskId) ?? 0));
    if (leavesMissing(entry.state)) samples?.missing.add(entry.taskId);
    const started = this.#started.get(entry.step);
    if (!started || entry.state === "waiting") return;
    started.count++;
    started.oldest.push(entry);
    if (started.oldest.length > 10 * MAX_CHECKED) started.oldest = oldestOf(started.oldest);
  }

  /** Once all items have been added, compares the samples that items ran with to those that exist. */
  async find(table: Table): Promise<RanBefore> {
    const found: RanBefore = { without: [], onOld: [] };
    for (const [step, { oldest, count }] of this.#started) {
      const looked = oldestOf(oldest);
      const rows = await sideBySide(looked, WIDTH, ({ itemId }) => readItem(table, itemId));
      const compared = await this.#compared(table, rows);
      const add = (to: StepRanBefore[], samplesOf: (one: Compared) => readonly string[]) => {
        const items = compared.filter((one) => samplesOf(one).length > 0);
        if (items.length === 0) return;
        const samples = [...new Set(items.flatMap(samplesOf))].sort(byName);
        const unstarted = items.filter(({ isUnstarted }) => isUnstarted).length;
        to.push({
          step,
          items: items.length,
          ...(unstarted > 0 && { unstarted }),
          ...(looked.length < count && { atLeast: true as const }),
          itemIDs: items.slice(0, NAMED).map(({ itemId }) => itemId),
          samples: samples.slice(0, NAMED),
          sampleCount: samples.length,
          ...(this.#isFollowed(step) && { followed: true as const }),
        });
      };
      add(found.without, ({ without }) => without);
      add(found.onOld, ({ onOld }) => onOld);
    }
    return found;
  }

  async #compared(table: Table, rows: readonly (Item | undefined)[]): Promise<Compared[]> {
    const items = rows.filter((item) => item?.opening !== undefined && item.state !== "waiting") as Item[];
    const keys = new Set(items.map(({ opening = "" }) => opening));
    const openings = new Map(
      await sideBySide(keys, WIDTH, async (key) => [key, await readOpening(table, key)] as const),
    );
    return items.flatMap((item) => {
      const { itemId, opening = "", afterAll = [] } = item;
      const opened = openings.get(opening);
      if (!opened) return [];
      const { all, missing } = this.#samplesOf(afterAll);
      const { without } = compareToOpening(opened, { all: new Set(all.keys()), missing });
      const startedAtMs = startOf(item);
      const isNewer = (sample: string) => (all.get(sample) ?? 0) > startedAtMs + CLOCKS_DIFFER_MS;
      return [{ itemId, without, onOld: opened.done.filter(isNewer), isUnstarted: item.state === "todo" }];
    });
  }

  #samplesOf(steps: readonly string[]): { all: Map<string, number>; missing: Set<string> } {
    const of = steps.flatMap((step) => this.#samples.get(step) ?? []);
    const all = new Map<string, number>();
    for (const [sample, endedAtMs] of of.flatMap((one) => [...one.all]))
      all.set(sample, Math.max(endedAtMs, all.get(sample) ?? 0));
    return { all, missing: new Set(of.flatMap((one) => [...one.missing])) };
  }

  #isFollowed(step: string): boolean {
    return [...this.#links.values()].some(
      ({ after, afterAll, afterItems }) => afterItems || after.includes(step) || afterAll.includes(step),
    );
  }
}

/** The samples that an item ran without, and those of which it used old results. */
interface Compared {
  itemId: string;
  without: readonly string[];
  onOld: readonly string[];
  isUnstarted: boolean;
}

/** When a done item's last run began, roughly; infinity for others, as they may be about to start over. */
function startOf({ state, endedAtMs, nestedTasks, outcome }: Item): number {
  if (state !== "done" || endedAtMs === undefined) return Number.POSITIVE_INFINITY;
  return endedAtMs - (nestedTasks === 0 ? (outcome?.wallSeconds ?? 0) * 1_000 : 0);
}

function oldestOf(entries: readonly ItemEntry[]): ItemEntry[] {
  return entries.toSorted((a, b) => (a.endedAtMs ?? 0) - (b.endedAtMs ?? 0)).slice(0, MAX_CHECKED);
}
