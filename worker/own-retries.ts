import type { Timers } from "../lib/flow/timers.ts";

/** How long the index may not show what was written. */
export const INDEX_LAG_MS = 2_000;

/** An item that a worker has put back to be claimed again. */
export interface OwnRetry {
  step: string;
  /** not to be claimed before, in milliseconds since the epoch */
  readyAtMs: number;
}

/**
 * The items that this worker has put back, for as long as the index may not show them. Without these, a worker whose
 * only item has failed would look, see nothing, and exit.
 */
export class OwnRetries {
  readonly #timers: Timers;
  readonly #retries = new Map<string, OwnRetry>();
  readonly #cancels = new Map<string, () => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Records an item that was just put back. */
  add(itemId: string, retry: OwnRetry): void {
    this.drop(itemId);
    this.#retries.set(itemId, retry);
    this.#cancels.set(
      itemId,
      this.#timers.after(INDEX_LAG_MS, () => this.drop(itemId)),
    );
  }

  /** Forgets an item that was claimed again. */
  drop(itemId: string): void {
    this.#cancels.get(itemId)?.();
    this.#cancels.delete(itemId);
    this.#retries.delete(itemId);
  }

  dropAll(): void {
    for (const itemId of [...this.#retries.keys()]) this.drop(itemId);
  }

  get all(): OwnRetry[] {
    return [...this.#retries.values()];
  }
}
