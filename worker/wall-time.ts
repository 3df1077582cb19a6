/** Tracks how long the items of each step take, to determine whether another one still fits into the worker's time. */
export class WallTime {
  readonly #endsAtMs: number;
  readonly #finished = new Map<string, { items: number; seconds: number }>();

  /** Without a wall time there is no limit. */
  constructor({ startedAtMs, wallTimeMs }: { startedAtMs: number; wallTimeMs?: number }) {
    this.#endsAtMs = wallTimeMs === undefined ? Number.POSITIVE_INFINITY : startedAtMs + wallTimeMs;
  }

  /** Records how long an item of this step took. */
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

  /**
   * Whether an item of this step that starts now should end in time, judging by the mean so far; the first one may
   * always try.
   */
  fits(step: string, nowMs: number): boolean {
    const sum = this.#finished.get(step);
    const meanMs = sum ? (sum.seconds / sum.items) * 1000 : 0;
    return this.hasTime(nowMs) && nowMs + meanMs <= this.#endsAtMs;
  }
}
