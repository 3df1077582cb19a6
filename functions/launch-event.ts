import * as z from "zod";
import { AnamoError } from "../lib/errors.ts";

/** The event is none that starts workers, or asks for a number that is none. */
export class LaunchEventError extends AnamoError {
  constructor(message: string) {
    super("launch-event", message);
  }
}

/** What an event asks of a launch: so many workers, as many as the list asks for, or nothing. */
export type LaunchWish = { workers?: number } | "nothing";

const asked = z.strictObject({ workers: z.int().min(1).optional() });
const objects = z.object({ Records: z.array(z.object({ s3: z.object({ object: z.object({ key: z.string() }) }) })) });

/** The report that an import ends with: not the rejected rows beside it, nor what its parts tell one another. */
const REPORT = /^reports\/imports\/(?!.*\.parts\/).*\.json$/;

/**
 * Reads an event of the schedule, of an import's report in the bucket (keys come encoded; that matters not here), or a
 * direct `{ "workers": 5 }`. Throws LaunchEventError for what is none of these.
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
