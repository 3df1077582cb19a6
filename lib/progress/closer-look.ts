import type { ItemEntry } from "../items/item.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { Drawn } from "./drawn.ts";
import { type Attempt, attemptsOf, type RunningItem, runningItems } from "./look-at-items.ts";

/** How many done items' rows are read for each step; each costs one read unit. */
const DRAWN = 100;
const MOST_DRAWN = 2_000;
/** How many running items' rows are read. */
const MOST_RUNNING = 300;

/** What a summary reads besides the index: the rows of a few items. */
export interface Looked {
  /** of done items, sampled at random, but the same ones each time */
  attempts: readonly Attempt[];
  running: readonly RunningItem[];
}

/** Chooses the items whose rows to read. */
export class CloserLook {
  readonly #drawn = new Map<string, Drawn>();
  readonly #locked: ItemEntry[] = [];
  readonly #size: number;

  constructor({ steps }: Pick<Settings, "steps">) {
    this.#size = Math.max(1, Math.min(DRAWN, Math.floor(MOST_DRAWN / Math.max(1, steps.size))));
  }

  add(entry: ItemEntry): void {
    const { itemId, step, state, endedAtMs } = entry;
    if (state === "locked" && this.#locked.length < MOST_RUNNING) this.#locked.push(entry);
    if (state !== "done" || endedAtMs === undefined) return;
    const drawn = this.#drawn.get(step) ?? new Drawn(this.#size);
    drawn.add(itemId);
    this.#drawn.set(step, drawn);
  }

  async read(table: Table, nowMs: number): Promise<Looked> {
    const ids = [...this.#drawn.values()].flatMap((drawn) => drawn.items());
    const [attempts, running] = await Promise.all([attemptsOf(table, ids), runningItems(table, this.#locked, nowMs)]);
    return { attempts, running };
  }
}
