import type { SummarizeOptions, Summary } from "../../lib/progress/summarize.ts";

/** Reads a summary of the table. */
export type TakeSummary = (options?: Pick<SummarizeOptions, "withoutRanges">) => Promise<Summary>;

/**
 * The time between two forecasts: a run looks several times a second, and a forecast costs some milliseconds and reads.
 */
const EVERY_MS = 3_000;
/** Making forecasts takes at most this share of the time. */
const SHARE = 0.01;

/** Summaries whose expected ends may be some seconds old, while everything else is current. */
export class EndsNowAndThen {
  readonly #now: () => number;
  #dueMs: number;
  #last: Summary | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#dueMs = now() + EVERY_MS;
  }

  async summaryOf(take: TakeSummary): Promise<Summary> {
    const startedMs = this.#now();
    if (startedMs < this.#dueMs) return this.#withLastEnds(await take({ withoutRanges: true }));
    const summary = await take();
    const endedMs = this.#now();
    this.#dueMs = endedMs + Math.max(EVERY_MS, (endedMs - startedMs) / SHARE);
    this.#last = summary;
    return summary;
  }

  #withLastEnds(summary: Summary): Summary {
    const last = this.#last;
    if (!last || summary.items.locked === 0 || summary.draining) return summary;
    const { endsBetween } = last;
    const steps = Object.entries(summary.steps).map(([step, counts]) => {
      const ofStep = last.steps[step]?.endsBetween;
      const { waiting, todo, locked } = counts.items;
      return [step, { ...counts, ...(ofStep && waiting + todo + locked > 0 && { endsBetween: ofStep }) }] as const;
    });
    return { ...summary, ...(endsBetween && { endsBetween }), steps: Object.fromEntries(steps) };
  }
}
