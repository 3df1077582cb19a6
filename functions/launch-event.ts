import * as z from "zod";
import { AnamoError } from "../lib/errors.ts";
import { parseS3Event } from "./s3-event.ts";
import { isScheduled } from "./scheduled-event.ts";

/** The event does not start workers, or requests an invalid number of them. */
export class LaunchEventError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("launch-event", message, options);
  }
}

/**
 * What an event requests: this many workers, as many as the list needs, or nothing. `afterJobs`: there may be nothing
 * left to do, so check that before anything else.
 */
export type LaunchWish = { workers?: number; afterJobs?: true } | NoWish;
export type NoWish = "no report of an import" | "no job of a worker has ended";

const asked = z.strictObject({ workers: z.int().min(1).optional() });

/** The final report of an import: not the rejected rows next to it, nor the notes between its parts. */
const REPORT = /^reports\/imports\/(?!.*\.parts\/).*\.json$/;

/**
 * What Lambda sends after reconcile or sweep has answered:
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
const answered = z.object({
  requestContext: z.object({ condition: z.string() }),
  responsePayload: z.object({
    // of reconcile
    status: z.string().optional(),
    skipped: z.string().optional(),
    terminated: z.boolean().optional(),
    // of sweep: how many; of reconcile: which
    freed: z.union([z.number(), z.array(z.string())]).optional(),
    waiting: z.number().optional(),
  }),
});

/**
 * Whether there may be work without workers: a worker's job has ended and nobody terminated it, or the sweep has found
 * items that nobody has claimed.
 */
function mayLeaveWork({ responsePayload }: z.output<typeof answered>): boolean {
  const { status, skipped, terminated, freed, waiting = 0 } = responsePayload;
  if (status === undefined) return waiting > 0 || (typeof freed === "number" && freed > 0);
  return (status === "SUCCEEDED" || status === "FAILED") && !skipped && !terminated;
}

/**
 * Reads an event of the schedule, an answer of reconcile or sweep, an event of an import's report in the bucket (from
 * S3, direct or through EventBridge, SNS or SQS), or a direct `{ "workers": 5 }`. Throws LaunchEventError or
 * S3EventError for anything else.
 */
export function parseLaunchEvent(event: unknown): LaunchWish {
  if (isScheduled(event)) return {};
  const answer = answered.safeParse(event);
  if (answer.success) return mayLeaveWork(answer.data) ? { afterJobs: true } : "no job of a worker has ended";
  if (isFromS3(event)) {
    const deliveries = parseS3Event(event);
    if (deliveries.some(({ objects }) => objects.some(({ key, otherEvent }) => !otherEvent && REPORT.test(key)))) {
      return {};
    }
    const problem = deliveries.find((delivery) => delivery.problem)?.problem;
    if (problem) throw problem;
    return "no report of an import";
  }
  const direct = asked.safeParse(event);
  if (direct.success) return direct.data.workers === undefined ? {} : { workers: direct.data.workers };
  const [issue] = direct.error.issues;
  throw new LaunchEventError(
    `expected an event of the schedule or of S3, {} or {"workers": 5}; ${issue?.path.join(".") || "the event"}: ${issue?.message}`,
    { cause: direct.error },
  );
}

function isFromS3(event: unknown): boolean {
  if (typeof event !== "object" || event === null) return false;
  return ["Records", "detail", "Message", "Event"].some((name) => name in event);
}
