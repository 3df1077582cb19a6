const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** Items that ended at about the same time. */
export interface Ends {
  count: number;
  firstMs: number;
  /** the item that ended first */
  firstId: string;
  lastMs: number;
}

/** When items ended. The longer ago, the coarser, so that memory does not grow with the number of items. */
export class EndTimes {
  readonly #nowMs: number;
  readonly #slots = new Map<number, Ends>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  add(endedAtMs: number, itemId: string): void {
    const ageMs = this.#nowMs - endedAtMs;
    const widthMs = ageMs < HOUR_MS ? MINUTE_MS / 6 : ageMs < WEEK_MS ? MINUTE_MS : HOUR_MS;
    const slot = endedAtMs - (endedAtMs % widthMs);
    const ends = this.#slots.get(slot);
    if (!ends) {
      this.#slots.set(slot, { count: 1, firstMs: endedAtMs, firstId: itemId, lastMs: endedAtMs });
      return;
    }
    ends.count++;
    if (endedAtMs > ends.lastMs) ends.lastMs = endedAtMs;
    if (endedAtMs < ends.firstMs) {
      ends.firstMs = endedAtMs;
      ends.firstId = itemId;
    }
  }

  /** Oldest first. */
  inOrder(): Ends[] {
    return [...this.#slots.values()].sort((a, b) => a.firstMs - b.firstMs);
  }
}
