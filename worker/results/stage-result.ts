import { toError } from "../../lib/errors.ts";
import type { Outcome } from "../../lib/items/item.ts";
import { placeText } from "../../lib/results/place.ts";
import type { WorkerContext } from "../context.ts";
import { diskReason } from "../task/full-disk.ts";
import type { ResultRun, Staged } from "./publisher.ts";

/** A worker that has to stop is killed 30 s after SIGTERM, and must write the end of its items before that. */
const MOST_STOPPING_MS = 12_000;

/** A finished script whose result is to be staged. */
export interface StageRun {
  run: ResultRun;
  out: string;
  outcome: Outcome;
  /** aborted when the item's lease is lost */
  lease: AbortSignal;
}

/**
 * How staging ended: with what is staged, if anything, or with another outcome, because then the task has not
 * succeeded.
 */
export interface StageEnd {
  outcome: Outcome;
  staged?: Staged;
}

/**
 * Stages what a successful script left in `$OUT`. Without that it has not succeeded: a result that cannot be published
 * fails the attempt, and one that takes too long while the worker has to stop makes it an interruption.
 */
export async function stageResult(context: WorkerContext, { run, out, outcome, lease }: StageRun): Promise<StageEnd> {
  const stop = new AbortController();
  let cancel = () => {};
  const onStop = () => {
    cancel = context.timers.after(MOST_STOPPING_MS, () => stop.abort("interrupted"));
  };
  if (context.stop.aborted) onStop();
  else context.stop.addEventListener("abort", onStop, { once: true });
  const signal = AbortSignal.any([lease, stop.signal]);
  try {
    const publisher = await context.openResults();
    const stage = () => publisher.stage({ run, out, nowMs: context.table.now(), signal });
    const staged = await context.room.forCall(stage);
    return staged ? { outcome, staged } : { outcome };
  } catch (error) {
    if (lease.aborted) return { outcome: { ...outcome, cause: "lost" } };
    if (stop.signal.aborted) {
      const message = "its worker had to stop before its result was published";
      return { outcome: { ...outcome, cause: "interrupted", message } };
    }
    const place = placeText(context.options.results ?? { bucket: context.bucket, prefix: "results" });
    const why = `its result could not be published: ${diskReason(toError(error), place)}`;
    const message = [outcome.message, why].filter(Boolean).join("; ");
    // its exit code of 0 would say that it succeeded
    const { exitCode: _, ...rest } = outcome;
    return { outcome: { ...rest, cause: "exit", message } };
  } finally {
    context.stop.removeEventListener("abort", onStop);
    cancel();
  }
}
