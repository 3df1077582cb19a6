import type { Env } from "../lib/aws-config.ts";
import { parseBatchEvent } from "../lib/jobs/batch-event.ts";
import { type Reconciled, reconcileJob } from "../lib/jobs/reconcile.ts";
import { lazily } from "./config.ts";
import { openTableOf, withEventLog } from "./open.ts";
import { functionRetries } from "./retries.ts";
import { type Handler, withTelemetry } from "./telemetry.ts";

/** What the function did with an event. */
export interface ReconcileReport extends Reconciled {
  jobId: string;
  status: string;
  /** why there was nothing to do */
  skipped?: "array parent" | "no attempt has ended";
  /** somebody terminated the job, and may not want another in its place */
  terminated?: true;
}

/** Makes the function that frees items when EventBridge reports that a Batch job, or one of its attempts, has ended. */
export function createReconcileHandler(env: Env): Handler<unknown, ReconcileReport> {
  const retries = functionRetries();
  const open = lazily(() => openTableOf(env, retries));
  return withTelemetry(
    "reconcile",
    async (event, { log, count }) => {
      const { jobId, status, cause, message, endedAttempts, isArrayParent, isTerminated } = parseBatchEvent(event);
      const nothing = { jobId, status, freed: [], failed: [], left: 0 };
      if (isArrayParent) return { ...nothing, skipped: "array parent" };
      if (endedAttempts === 0) return { ...nothing, skipped: "no attempt has ended" };
      const { table, policy } = open();
      const result = await reconcileJob(
        withEventLog(table, log),
        { instance: jobId, endedAttempts, cause, message },
        policy,
      );
      count("ItemsFreed", result.freed.length);
      count("ItemsFailed", result.failed.length);
      log.info("job:reconciled", { jobId, status, cause, why: message, endedAttempts, ...result });
      return { jobId, status, ...result, ...(isTerminated && { terminated: true }) };
    },
    { env, retries },
  );
}

const lambda = lazily(() => createReconcileHandler(process.env));
/** Entry point of Lambda. */
export const handler: Handler<unknown, ReconcileReport> = (event, context) => lambda()(event, context);
