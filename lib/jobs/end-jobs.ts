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

/** `cancel` ends what has not begun, of an array the children that have not; `terminate` ends all. */
export type HowToEnd = "cancel" | "terminate";

/** How many jobs CancelJobs and TerminateJobs take at a time. */
const A_CALL = 50;
// Batch takes 50 calls a second for the whole account, and everybody who looks at its console shares them
const WIDTH = 4;

/** Ends jobs, 50 a call. Gives what Batch said of those that it would not end, a line each. */
export async function endJobs(
  batch: BatchClient,
  how: HowToEnd,
  jobIds: readonly string[],
  reason: string,
): Promise<string[]> {
  const problems = await sideBySide(chunksOf(jobIds, A_CALL), WIDTH, async (jobs) => {
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

/** The calls for many are newer than those for one: a server, or a policy, may know only those. */
async function endEach(batch: BatchClient, how: HowToEnd, jobIds: readonly string[], reason: string) {
  const problems = await sideBySide(jobIds, WIDTH, async (jobId) => {
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
