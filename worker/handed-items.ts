import { pause, type Timers } from "../lib/flow/timers.ts";
import type { Released } from "../lib/table.ts";

/** How long a released item is worth a try; after that, the index shows it to all other workers. */
const FRESH_MS = 250;
/** The most items to remember: the process that ends a whole step releases thousands, which are for all workers. */
const MOST = 20;
/** The longest time to wait for an item that is ending. */
const MAX_ENDING_MS = 1_000;

/**
 * The items that this worker has just released by ending others. It claims them without a look, because a look queries
 * every step and shard, and the index may not show them yet.
 */
export class HandedItems {
  readonly #now: () => number;
  readonly #timers: Timers;
  readonly #items = new Map<string, Released & { untilMs: number }>();
  /** items whose end is being written, which may release others */
  readonly #ending = new Set<Promise<void>>();
  readonly #waiting = new Set<() => void>();

  constructor({ now, timers }: { now: () => number; timers: Timers }) {
    this.#now = now;
    this.#timers = timers;
  }

  add(released: Released): void {
    this.#dropOld();
    if (this.#items.size >= MOST) return;
    this.#items.set(released.itemId, { ...released, untilMs: this.#now() + FRESH_MS });
    for (const go of this.#waiting) go();
  }

  /** Forgets an item that is being claimed in another way. */
  drop(itemId: string): void {
    this.#items.delete(itemId);
  }

  /** Takes the item with the highest priority out, if that priority is not lower than `atLeast`. */
  take(atLeast: number | undefined): Released | undefined {
    this.#dropOld();
    let best: Released | undefined;
    for (const item of this.#items.values()) if (!best || item.priority > best.priority) best = item;
    if (!best || (atLeast !== undefined && best.priority < atLeast)) return undefined;
    this.#items.delete(best.itemId);
    return best;
  }

  #dropOld(): void {
    for (const [itemId, { untilMs }] of this.#items) if (untilMs < this.#now()) this.#items.delete(itemId);
  }

  /** Waits for something, but not beyond the moment when the next item is handed over. */
  async orArrival(other: Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    void other.then(resolve, reject);
    await promise.finally(() => this.#waiting.delete(resolve));
  }

  /** Records that the end of an item is being written until `written` resolves. */
  expect(written: Promise<void>): void {
    this.#ending.add(written);
    void written.finally(() => this.#ending.delete(written));
  }

  /** Waits until an item is handed over, or until those that are ending have ended; at most a second. */
  async whenEnded(signal: AbortSignal | undefined): Promise<void> {
    if (this.#ending.size === 0) return;
    const over = new AbortController();
    const signals = signal ? [signal, over.signal] : [over.signal];
    const longest = pause(this.#timers, MAX_ENDING_MS, AbortSignal.any(signals));
    const ended = Promise.all(this.#ending).then(() => {});
    await this.orArrival(Promise.race([longest, ended]));
    over.abort();
  }
}
