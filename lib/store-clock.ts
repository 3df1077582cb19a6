/** Clocks that differ by less than this are used as they are. The sweep grants every lease more than this. */
const NOTICED_MS = 2_000;

/**
 * How far the clocks of two machines may differ, in milliseconds, although each follows the table's: on either side, an
 * offset too small to notice, the second to which `Date` headers are truncated, and a slow reply.
 */
export const CLOCK_BOUND_MS = 10_000;

/**
 * The table's clock: this machine's, corrected by the `Date` headers of replies. One machine writes a lease and another
 * judges it, so all must use the same clock.
 *
 * Take a request sent at `sentMs` whose reply, dated D (truncated to the second), arrived at `receivedMs`. The reply
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

  /** Calls `onCorrected` with the offset whenever it changes by a second or more. */
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

  /** How many milliseconds the table's clock is ahead of this machine's, negative if behind; 0 if under 2 s. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Takes the `Date` header of a reply, and this machine's time before the request and after the reply. */
  observe(date: string, sentMs: number, receivedMs: number): void {
    const atMs = this.#parsed(date);
    // this machine's clock was adjusted in between
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
