import type { Summary } from "../../lib/progress/summarize.ts";

/** How often a summary is read, at most, until two in a row agree. */
const MOST_READS = 3;

/**
 * Reads summaries whose totals do not jump. A summary is not atomic: an item that changes its state while it is read is
 * missed or counted twice. So a total that differs from the last one is read again, until two in a row agree.
 */
export class SteadyLook {
  readonly #read: () => Promise<Summary>;
  #last: string | undefined;

  constructor(read: () => Promise<Summary>) {
    this.#read = read;
  }

  /** `mayGrow`: an import is adding items, so a different total means nothing. */
  async look({ mayGrow }: { mayGrow: boolean }): Promise<Summary> {
    for (let reads = 1; ; reads++) {
      const summary = await this.#read();
      const total = `${totalOf(summary)} ${summary.tasks.total}`;
      const isSteady = mayGrow || total === this.#last;
      this.#last = total;
      if (isSteady || reads === MOST_READS) return summary;
    }
  }
}

/** How many items a summary counts. */
export function totalOf({ items }: Pick<Summary, "items">): number {
  return Object.values(items).reduce((sum, count) => sum + count, 0);
}
