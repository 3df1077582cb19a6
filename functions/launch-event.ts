import * as z from "zod";
import { AnamoError } from "../lib/errors.ts";

/** The event does not start workers, or asks for an invalid number of them. */
export class LaunchEventError extends AnamoError {
  constructor(message: string) {
    super("launch-event", message);
  }
}

/** What an event asks for: this many workers, as many as the list needs, or nothing. */
export type LaunchWish = { workers?: number } | "nothing";

const asked = z.strictObject({ workers: z.int().min(1).optional() });
const objects = z.object({ Records: z.array(z.object({ s3: z.object({ object: z.object({ key: z.string() }) }) })) });

/** The final report of an import: not the rejected rows next to it, nor the notes between its parts. */
const REPORT = /^reports\/imports\/(?!.*\.parts\/).*\.json$/;

/**
 * Reads an event of the schedule, of an import's report in the bucket (its key is encoded, which does not matter here),
 * or a direct `{ "workers": 5 }`. Throws LaunchEventError for anything else.
 */
export function parseLaunchEvent(event: unknown): LaunchWish {
  const isScheduled = (event as { "detail-type"?: unknown } | null | undefined)?.["detail-type"] === "Scheduled Event";
  if (event === undefined || event === null || event === "" || isScheduled) return {};
  const files = objects.safeParse(event);
  if (files.success) return files.data.Records.some(({ s3 }) => REPORT.test(s3.object.key)) ? {} : "nothing";
  const direct = asked.safeParse(event);
  if (direct.success) return direct.data.workers === undefined ? {} : { workers: direct.data.workers };
  const [issue] = direct.error.issues;
  throw new LaunchEventError(
    `expected an event of the schedule or of S3, {} or {"workers": 5}; ${issue?.path.join(".") || "the event"}: ${issue?.message}`,
  );
}
