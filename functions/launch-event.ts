import * as z from "zod";
import { AnamoError } from "../lib/errors.ts";
import { parseS3Event } from "./s3-event.ts";
import { isScheduled } from "./scheduled-event.ts";

/** The event does not start workers, or asks for an invalid number of them. */
export class LaunchEventError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("launch-event", message, options);
  }
}

/** What an event asks for: this many workers, as many as the list needs, or nothing. */
export type LaunchWish = { workers?: number } | "nothing";

const asked = z.strictObject({ workers: z.int().min(1).optional() });

/** The final report of an import: not the rejected rows next to it, nor the notes between its parts. */
const REPORT = /^reports\/imports\/(?!.*\.parts\/).*\.json$/;

/**
 * Reads an event of the schedule, of an import's report in the bucket (from S3, direct or through EventBridge, SNS or
 * SQS), or a direct `{ "workers": 5 }`. Throws LaunchEventError or S3EventError for anything else.
 */
export function parseLaunchEvent(event: unknown): LaunchWish {
  if (isScheduled(event)) return {};
  if (isFromS3(event)) {
    const deliveries = parseS3Event(event);
    if (deliveries.some(({ objects }) => objects.some(({ key, otherEvent }) => !otherEvent && REPORT.test(key)))) {
      return {};
    }
    const problem = deliveries.find((delivery) => delivery.problem)?.problem;
    if (problem) throw problem;
    return "nothing";
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
