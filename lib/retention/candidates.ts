import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { ItemEntry } from "../items/item.ts";
import { countEntries } from "../store/count-entries.ts";
import { sortableMs } from "../store/keys.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import { type FoundMember, membersOfSample, membersOfStep, sampleOf } from "../store/members.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";

const WIDTH = 8;
/** With more samples than this, all members of a step are read. */
const MANY_SAMPLES = 100;

/** Finds the items whose followers may have ended since a given time, without reading all items every time. */
export class Candidates {
  readonly #table: Table;
  readonly #settings: Settings;
  readonly #sinceMs: number;
  readonly #ended = new Map<string, Promise<ItemEntry[]>>();
  /** whether anything has ended since */
  hasFound = false;

  constructor(table: Table, settings: Settings, sinceMs: number) {
    this.#table = table;
    this.#settings = settings;
    this.#sinceMs = sinceMs;
  }

  /** The itemIDs in a step that should be checked; some may have nothing to remove. */
  async of(step: string): Promise<string[]> {
    const { shards, links } = this.#settings;
    const samples = new Set<string>();
    const ids = new Set<string>();
    let isWhole = false;
    for (const [follower, { after, afterAll, afterItems }] of links) {
      const isBehind = after.includes(step) || afterAll.includes(step) || afterItems;
      const ended = isBehind ? await this.#endedIn(follower) : [];
      if (ended.length === 0) continue;
      if (after.includes(step)) for (const { taskId } of ended) samples.add(taskId);
      if (afterAll.includes(step) && !(await this.#hasOpen(follower))) isWhole = true;
      if (afterItems) for (const itemId of await this.#namedBy(ended)) ids.add(itemId);
    }
    const members = isWhole || samples.size > MANY_SAMPLES ? await membersOfStep(this.#table, step, shards) : undefined;
    const parts = new Set([...samples].map(sampleOf));
    const found: readonly FoundMember[] = members
      ? members.filter(({ sample }) => isWhole || parts.has(sample))
      : (await sideBySide(samples, WIDTH, (taskId) => membersOfSample(this.#table, { step, taskId }, shards))).flat();
    for (const { itemId } of found) ids.add(itemId);
    return [...ids];
  }

  #endedIn(step: string): Promise<ItemEntry[]> {
    const known = this.#ended.get(step) ?? this.#readEnded(step);
    this.#ended.set(step, known);
    return known;
  }

  async #readEnded(step: string): Promise<ItemEntry[]> {
    const partitions = partitionsOf(this.#settings, { steps: [step], states: ["done"] });
    const found = await sideBySide(partitions, WIDTH, async (partition) => {
      const entries: ItemEntry[] = [];
      const from = sortableMs(this.#sinceMs);
      for await (const page of readPartition(this.#table, partition, { from })) entries.push(...page);
      return entries;
    });
    const entries = found.flat();
    this.hasFound ||= entries.length > 0;
    return entries;
  }

  /** Whether a step has items that will still need what comes before it; does not check running ones. */
  async #hasOpen(step: string): Promise<boolean> {
    const states = ["todo", "waiting", "held", "failed"] as const;
    const partitions = partitionsOf(this.#settings, { steps: [step], states });
    const ranges = partitions.map((stateKey) => ({ stateKey }));
    return (await countEntries(this.#table, ranges, 1)) > 0;
  }

  async #namedBy(entries: readonly ItemEntry[]): Promise<string[]> {
    const ids = entries.map(({ itemId }) => itemId);
    const rows = await sideBySide(chunksOf(ids, ROWS_A_READ), WIDTH, (chunk) => readItemRows(this.#table, chunk));
    return rows.flat().flatMap((row) => rowToItem(row).afterItems ?? []);
  }
}
