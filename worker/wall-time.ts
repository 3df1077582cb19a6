/** Knows how long the items of each step took so far, and so whether another one still fits into the worker's time. */
export class WallTime {
  readonly #endsAtMs: number;
  readonly #finished = new Map<string, { items: number; seconds: number }>();

  /** Without a wall time the worker has all the time there is. */
  constructor({ startedAtMs, wallTimeMs }: { startedAtMs: number; wallTimeMs?: number }) {
    this.#endsAtMs = wallTimeMs === undefined ? Number.POSITIVE_INFINITY : startedAtMs + wallTimeMs;
  }

  /** An item of this step has finished after so many seconds. */
  add(step: string, wallSeconds: number): void {
    const sum = this.#finished.get(step) ?? { items: 0, seconds: 0 };
    sum.items++;
    sum.seconds += wallSeconds;
    this.#finished.set(step, sum);
  }

  /** Whether there is any time left. */
  hasTime(nowMs: number): boolean {
    return nowMs < this.#endsAtMs;
  }

  /** Whether an item of this step that starts now can end in time, going by the mean; the first one is worth a try. */
  fits(step: string, nowMs: number): boolean {
    const sum = this.#finished.get(step);
    const meanMs = sum ? (sum.seconds / sum.items) * 1000 : 0;
    return this.hasTime(nowMs) && nowMs + meanMs <= this.#endsAtMs;
  }
}
