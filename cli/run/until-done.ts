import { setTimeout as sleep } from "node:timers/promises";
import { countClaimable } from "../../lib/progress/count-claimable.ts";
import type { Summary } from "../../lib/progress/summarize.ts";
import type { Crew } from "./crew.ts";
import type { Progress } from "./progress.ts";
import { SteadyLook, totalOf } from "./steady.ts";

/** The share of the time that may be spent on reading the summary, because reading a long list takes a while. */
const SUMMARY_SHARE = 0.1;
/** How long a worker may take to release waiting items, once it has ended the last item that they waited for. */
const RELEASE_MS = 1_000;
const LEAST_PAUSE_MS = 250;

/** A run in progress. */
export interface Running {
  look(): Promise<Summary>;
  /** called with each summary once the file has been imported */
  onLook?(summary: Summary): void;
  /** settles when the file has been imported */
  imported: Promise<unknown>;
  crew: Crew;
  progress: Progress;
  signal: AbortSignal;
  /** how long to wait for the end of the import before showing progress */
  importPatienceMs?: number;
}

const IMPORT_PATIENCE_MS = 5_000;

/**
 * Shows the progress until the file is imported and there is nothing left to claim. Throws the error that ends the run.
 */
export async function untilDone(running: Running): Promise<Summary> {
  const { look, onLook, imported, crew, progress, signal, importPatienceMs = IMPORT_PATIENCE_MS } = running;
  const steady = new SteadyLook(look);
  let isImported = false;
  let emptyAt: number | undefined;
  // the shorter of the last two looks counts, because one that was slowed down by a busy machine says nothing about the
  // list
  let lastTookMs = 0;
  const importing = imported.then(() => {
    isImported = true;
  });
  importing.catch(() => {});
  // reports first what the import did, unless that takes long
  const untilMs = performance.now() + importPatienceMs;
  let hasSaid = false;
  const isSlowImport = () => {
    if (performance.now() < untilMs) return false;
    if (!hasSaid) progress.say("the list is still being imported; so far:");
    hasSaid = true;
    return true;
  };
  while (true) {
    signal.throwIfAborted();
    const [wasImported, startedAt] = [isImported, performance.now()];
    const summary = await steady.look({ mayGrow: !wasImported });
    if (wasImported || isSlowImport()) progress.show(summary);
    if (wasImported) onLook?.(summary);
    const total = totalOf(summary);
    const isOver = wasImported && countClaimable(summary) + summary.items.locked === 0;
    // a summary is not atomic and may miss an item that is changing its state, so two summaries must agree
    if (isOver && total === emptyAt) return summary;
    emptyAt = isOver ? total : undefined;
    // the process that ended the last item may be about to release others
    if (isOver && summary.items.waiting > summary.blocked)
      await sleep(RELEASE_MS, undefined, { signal }).catch(() => {});
    if (isOver) continue;
    await crew.keepUp();
    const tookMs = performance.now() - startedAt;
    // an abort only cuts the pause short; the top of the loop then throws its reason
    const pauseMs = Math.max(LEAST_PAUSE_MS, Math.min(tookMs, lastTookMs) / SUMMARY_SHARE);
    lastTookMs = tookMs;
    const pause = sleep(pauseMs, undefined, { signal }).catch(() => {});
    await (isImported ? pause : Promise.race([pause, importing]));
  }
}
