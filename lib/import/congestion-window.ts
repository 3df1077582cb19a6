/** All requests in flight are throttled for the same reason, so halve only once for them. */
const HALVE_AT_MOST_EVERY_MS = 1_000;

/**
 * How many rows to write at a time: halved when requests are throttled, then raised by one for every `size` rows that
 * end. TCP shares bandwidth by the same rule (RFC 5681, additive increase, multiplicative decrease).
 */
export class CongestionWindow {
  readonly #most: number;
  readonly #throttled: () => number;
  readonly #now: () => number;
  #size: number;
  #seen: number;
  #halvedAtMs = Number.NEGATIVE_INFINITY;

  constructor(most: number, throttled: () => number = () => 0, now: () => number = Date.now) {
    this.#most = most;
    this.#throttled = throttled;
    this.#now = now;
    this.#size = most;
    this.#seen = throttled();
  }

  /** At least 1. */
  get size(): number {
    return Math.floor(this.#size);
  }

  /** Adjusts the size; call it when a row has ended. */
  oneEnded(): void {
    const throttled = this.#throttled();
    if (throttled === this.#seen) {
      if (this.#size < this.#most) this.#size = Math.min(this.#most, this.#size + 1 / this.#size);
      return;
    }
    this.#seen = throttled;
    if (this.#now() - this.#halvedAtMs < HALVE_AT_MOST_EVERY_MS) return;
    this.#halvedAtMs = this.#now();
    this.#size = Math.max(1, this.#size / 2);
  }
}
