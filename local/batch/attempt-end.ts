import type { AttemptDetail } from "@aws-sdk/client-batch";
import { exitCodeOfSignal, type ProcessEnd } from "./attempt.ts";
import type { Job } from "./types.ts";

/** How Batch describes an attempt that has ended. */
export interface AttemptOutcome {
  succeeded: boolean;
  statusReason: string;
  exitCode?: number;
  reason?: string;
}

/**
 * Describes the end of a process the way Batch does. A signal that this Batch did not send counts as the loss of the
 * host, so that retry rules work as on AWS. The container's reason then says what happened; on AWS, Batch leaves it
 * out.
 */
export function outcomeOf(end: ProcessEnd, stop: Job["stop"], instanceId: string): AttemptOutcome {
  if ("startError" in end) {
    return {
      succeeded: false,
      statusReason: "Task failed to start",
      reason: `CannotStartContainerError: ${end.startError.message}`,
    };
  }
  if ("signal" in end && !stop) {
    return {
      succeeded: false,
      statusReason: `Host EC2 (instance ${instanceId}) terminated.`,
      reason: `The worker process was killed by ${end.signal} on this machine.`,
    };
  }
  const exitCode = "signal" in end ? exitCodeOfSignal(end.signal) : end.exitCode;
  return {
    succeeded: exitCode === 0 && !stop,
    statusReason: stop?.kind === "timeout" ? stop.reason : "Essential container in task exited",
    exitCode,
  };
}

/** The entry in a job's `attempts` for an attempt that has just ended. */
export function attemptDetail(job: Job, outcome: AttemptOutcome): AttemptDetail {
  return {
    container: {
      ...(job.container && { taskArn: job.container.taskArn }),
      ...(outcome.exitCode !== undefined && { exitCode: outcome.exitCode }),
      ...(outcome.reason && { reason: outcome.reason }),
      ...(job.container && { logStreamName: job.container.logStreamName }),
      networkInterfaces: [],
    },
    ...(job.startedAtMs !== undefined && { startedAt: job.startedAtMs }),
    ...(job.stoppedAtMs !== undefined && { stoppedAt: job.stoppedAtMs }),
    statusReason: outcome.statusReason,
  };
}
