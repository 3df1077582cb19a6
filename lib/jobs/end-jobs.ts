import {
  type BatchClient,
  CancelJobCommand,
  CancelJobsCommand,
  TerminateJobCommand,
  TerminateJobsCommand,
} from "@aws-sdk/client-batch";
import { toError } from "../errors.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { CALLS_AT_ONCE, JOBS_PER_END } from "./batch-limits.ts";

/** `cancel` ends jobs and array children that have not started; `terminate` ends all. */
export type HowToEnd = "cancel" | "terminate";

/** Ends jobs, 50 per call. Returns one line for each job that Batch would not end, with the reason. */
export async function endJobs(
  batch: BatchClient,
  how: HowToEnd,
  jobIds: readonly string[],
  reason: string,
): Promise<string[]> {
  const problems = await sideBySide(chunksOf(jobIds, JOBS_PER_END), CALLS_AT_ONCE, async (jobs) => {
    try {
      const command = how === "cancel" ? CancelJobsCommand : TerminateJobsCommand;
      const { errors = [] } = await batch.send(new command({ jobs, reason }));
      return errors.map(({ job, message }) => `${job}: ${message}`);
    } catch (error) {
      if (!isUnknownCall(error)) throw error;
      return endEach(batch, how, jobs, reason);
    }
  });
  return problems.flat();
}

/** Ends jobs one by one: a server or policy may not know the newer calls for several jobs. */
async function endEach(batch: BatchClient, how: HowToEnd, jobIds: readonly string[], reason: string) {
  const problems = await sideBySide(jobIds, CALLS_AT_ONCE, async (jobId) => {
    try {
      const command = how === "cancel" ? CancelJobCommand : TerminateJobCommand;
      await batch.send(new command({ jobId, reason }));
      return [];
    } catch (error) {
      return [`${jobId}: ${toError(error).message}`];
    }
  });
  return problems.flat();
}

function isUnknownCall(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return name === "AccessDeniedException" || $metadata?.httpStatusCode === 404;
}
