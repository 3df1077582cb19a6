import * as z from "zod";
import { AnamoError } from "../errors.ts";
import { type JobEnd, jobEnd } from "./batch-job.ts";

/** The part of a `Batch Job State Change` event that concerns the items of the job. */
export interface BatchEvent extends JobEnd {
  jobName: string;
  jobQueue: string;
  /** a person or a rule ended the job */
  isTerminated: boolean;
  /** when it happened, in milliseconds since the epoch; Batch reports it to the second */
  atMs: number | undefined;
}

/** The event is not a `Batch Job State Change`, or lacks a required field. */
export class BatchEventError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("batch-event", message, options);
  }
}

// AWS: "Make sure that your application is prepared to handle unknown properties", so nothing here is strict.
const container = z.object({ exitCode: z.number().optional(), reason: z.string().optional() });
const attempt = z.object({
  container: container.optional(),
  taskProperties: z.array(z.object({ containers: z.array(container).optional() })).optional(),
  statusReason: z.string().optional(),
  stoppedAt: z.number().optional(),
});
const detail = z.object({
  jobId: z.string().min(1),
  jobName: z.string(),
  jobQueue: z.string(),
  status: z.string(),
  statusReason: z.string().optional(),
  attempts: z.array(attempt).optional(),
  container: container.optional(),
  arrayProperties: z.object({ size: z.number().optional() }).optional(),
  isTerminated: z.boolean().optional(),
  isCancelled: z.boolean().optional(),
});
const envelope = z.object({
  "detail-type": z.literal("Batch Job State Change"),
  time: z.string().optional(),
  detail,
});

/** Parses a Batch event. Throws BatchEventError for anything else. */
export function parseBatchEvent(event: unknown): BatchEvent {
  const parsed = envelope.safeParse(event);
  if (!parsed.success) {
    const problem = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
    throw new BatchEventError(`this is not a Batch Job State Change event: ${problem}`, { cause: parsed.error });
  }
  const { time, detail: job } = parsed.data;
  const atMs = time === undefined ? Number.NaN : Date.parse(time);
  const isTerminated = job.isTerminated === true || job.isCancelled === true;
  return {
    ...jobEnd(job),
    isTerminated,
    jobName: job.jobName,
    jobQueue: job.jobQueue,
    atMs: Number.isNaN(atMs) ? undefined : atMs,
  };
}
