/** Clocks that differ by less than this are used as they are. The sweep grants every lease more than this. */
const NOTICED_MS = 2_000;

/**
 * How far the clocks of two machines may differ, in milliseconds, although each follows the table's: what is not
 * noticed, the second to which `Date` headers are cut, and a slow reply, on either side.
 */
export const CLOCK_BOUND_MS = 10_000;

/**
 * The table's clock: this machine's, corrected by what the `Date` headers of the replies say. Leases are written by one
 * machine and judged by another, so all must use the same clock.
 *
 * A reply to a request that was sent at `sentMs` and answered by `receivedMs`, and that is dated D, cut to the second,
 * was written between D and D + 1 s. So the table's clock is ahead of ours by at least D - receivedMs and at most D + 1
 * s - sentMs (Cristian's algorithm). Each reply narrows these bounds.
 */
export class StoreClock {
  readonly #localNow: () => number;
  #leastMs = Number.NEGATIVE_INFINITY;
  #mostMs = Number.POSITIVE_INFINITY;
  #offsetMs = 0;
  #lastHeader = "";
  #lastMs = Number.NaN;

  readonly #onCorrected: (offsetMs: number) => void;

  /** `onCorrected` is called with the offset whenever it changes by a second or more. */
  constructor(localNow: () => number = Date.now, onCorrected: (offsetMs: number) => void = () => {}) {
    this.#localNow = localNow;
    this.#onCorrected = onCorrected;
  }

  /** Milliseconds since the epoch, by the table's clock. */
  readonly now = (): number => this.#localNow() + this.#offsetMs;

  /** Milliseconds since the epoch, by this machine's clock. */
  localNow(): number {
    return this.#localNow();
  }

  /** By how many milliseconds the table's clock is ahead of this machine's, or behind if negative; 0 if under 2 s. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Takes the `Date` header of a reply, and this machine's time before the request and after the reply. */
  observe(date: string, sentMs: number, receivedMs: number): void {
    const atMs = this.#parsed(date);
    // this machine's clock was set in between
    if (Number.isNaN(atMs) || receivedMs < sentMs) return;
    const [least, most] = [atMs - receivedMs, atMs + 1_000 - sentMs];
    const isNews = least > this.#mostMs || most < this.#leastMs;
    if (!isNews && least <= this.#leastMs && most >= this.#mostMs) return;
    this.#leastMs = isNews ? least : Math.max(this.#leastMs, least);
    this.#mostMs = isNews ? most : Math.min(this.#mostMs, most);
    const isNear = this.#leastMs <= NOTICED_MS && this.#mostMs >= -NOTICED_MS;
    const beforeMs = this.#offsetMs;
    this.#offsetMs = isNear ? 0 : Math.round((this.#leastMs + this.#mostMs) / 2);
    if (Math.abs(this.#offsetMs - beforeMs) >= 1_000) this.#onCorrected(this.#offsetMs);
  }

  /** Hundreds of replies have the same header, and parsing a date takes longer than everything else here. */
  #parsed(date: string): number {
    if (date === this.#lastHeader) return this.#lastMs;
    this.#lastHeader = date;
    this.#lastMs = Date.parse(date);
    return this.#lastMs;
  }
}
