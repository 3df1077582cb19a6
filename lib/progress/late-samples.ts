import { readOpening } from "../depend/openings.ts";
import { compareToOpening, leavesMissing } from "../depend/ran-without.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { Item, ItemEntry } from "../items/item.ts";
import { readItem } from "../store/read-row.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";

/** Items of a step that started once all of another step was done, but without samples that exist now. */
export interface StepRanWithout {
  step: string;
  /** how many items of the step */
  items: number;
  /** only some items of the step were checked */
  atLeast?: true;
  /** the first few of them */
  itemIDs: string[];
  /** the first few samples that they ran without */
  samples: string[];
  sampleCount: number;
  /** others wait for this step, so they have used its results */
  followed?: true;
}

/** How many items of a step are checked, oldest first, at one read unit each. */
const MAX_CHECKED = 50;
const NAMED = 5;
const WIDTH = 16;
const byName = new Intl.Collator("en", { numeric: true }).compare;

/**
 * Finds items that wait for whole steps and ran without samples that came later. Memory grows with the samples of steps
 * that others wait for as a whole. A table without such steps costs nothing.
 */
export class LateSamples {
  readonly #links: Settings["links"];
  /** for each step that others wait for as a whole: all its samples, and the missing ones */
  readonly #samples = new Map<string, { all: Set<string>; missing: Set<string> }>();
  /** for each step that waits for them: the items that no longer wait */
  readonly #started = new Map<string, { oldest: ItemEntry[]; count: number }>();

  constructor({ links }: Pick<Settings, "links">) {
    this.#links = links;
    for (const [step, { afterAll }] of links) {
      if (afterAll.length > 0) this.#started.set(step, { oldest: [], count: 0 });
      for (const before of afterAll) this.#samples.set(before, { all: new Set(), missing: new Set() });
    }
  }

  /** Must be called for every item of the table. */
  add(entry: ItemEntry): void {
    const samples = this.#samples.get(entry.step);
    samples?.all.add(entry.taskId);
    if (leavesMissing(entry.state)) samples?.missing.add(entry.taskId);
    const started = this.#started.get(entry.step);
    if (!started || entry.state === "waiting") return;
    started.count++;
    started.oldest.push(entry);
    if (started.oldest.length > 10 * MAX_CHECKED) started.oldest = oldestOf(started.oldest);
  }

  /** Once all items have been added, compares the samples that items ran with to those that exist. */
  async find(table: Table): Promise<StepRanWithout[]> {
    const found: StepRanWithout[] = [];
    for (const [step, { oldest, count }] of this.#started) {
      const looked = oldestOf(oldest);
      const rows = await sideBySide(looked, WIDTH, ({ itemId }) => readItem(table, itemId));
      const late = await this.#lateOf(table, rows);
      if (late.length === 0) continue;
      const samples = [...new Set(late.flatMap(({ without }) => without))].sort(byName);
      found.push({
        step,
        items: late.length,
        ...(looked.length < count && { atLeast: true as const }),
        itemIDs: late.slice(0, NAMED).map(({ itemId }) => itemId),
        samples: samples.slice(0, NAMED),
        sampleCount: samples.length,
        ...(this.#isFollowed(step) && { followed: true as const }),
      });
    }
    return found;
  }

  async #lateOf(table: Table, rows: readonly (Item | undefined)[]): Promise<{ itemId: string; without: string[] }[]> {
    const items = rows.filter((item) => item?.opening !== undefined && item.state !== "waiting") as Item[];
    const keys = new Set(items.map(({ opening = "" }) => opening));
    const openings = new Map(
      await sideBySide(keys, WIDTH, async (key) => [key, await readOpening(table, key)] as const),
    );
    return items.flatMap(({ itemId, opening = "", afterAll = [] }) => {
      const opened = openings.get(opening);
      const { without } = opened ? compareToOpening(opened, this.#samplesOf(afterAll)) : { without: [] };
      return without.length > 0 ? [{ itemId, without }] : [];
    });
  }

  #samplesOf(steps: readonly string[]): { all: Set<string>; missing: Set<string> } {
    const of = steps.flatMap((step) => this.#samples.get(step) ?? []);
    return {
      all: new Set(of.flatMap(({ all }) => [...all])),
      missing: new Set(of.flatMap(({ missing }) => [...missing])),
    };
  }

  #isFollowed(step: string): boolean {
    return [...this.#links.values()].some(
      ({ after, afterAll, afterItems }) => afterItems || after.includes(step) || afterAll.includes(step),
    );
  }
}

function oldestOf(entries: readonly ItemEntry[]): ItemEntry[] {
  return entries.toSorted((a, b) => (a.endedAtMs ?? 0) - (b.endedAtMs ?? 0)).slice(0, MAX_CHECKED);
}
