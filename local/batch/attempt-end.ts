import type { AttemptDetail } from "@aws-sdk/client-batch";
import { exitCodeOfSignal, type ProcessEnd } from "./attempt.ts";
import type { Job } from "./types.ts";

/** What Batch says of an attempt that has ended. */
export interface Verdict {
  succeeded: boolean;
  statusReason: string;
  exitCode?: number;
  reason?: string;
}

/**
 * Puts the end of a process into Batch's words. A signal that nobody here sent counts as the loss of the host, which
 * is what it stands for on a laptop: there is no exit code then.
 */
export function verdictOn(end: ProcessEnd, stop: Job["stop"], instanceId: string): Verdict {
  if ("startError" in end) {
    return {
      succeeded: false,
      statusReason: "Task failed to start",
      reason: `CannotStartContainerError: ${end.startError.message}`,
    };
  }
  if ("signal" in end && !stop) {
    return { succeeded: false, statusReason: `Host EC2 (instance ${instanceId}) terminated.` };
  }
  const exitCode = "signal" in end ? exitCodeOfSignal(end.signal) : end.exitCode;
  return {
    succeeded: exitCode === 0 && !stop,
    statusReason: stop?.kind === "timeout" ? stop.reason : "Essential container in task exited",
    exitCode,
  };
}

/** The entry in `attempts` of an attempt that has just ended. */
export function attemptDetail(job: Job, verdict: Verdict): AttemptDetail {
  return {
    container: {
      ...(job.container && { taskArn: job.container.taskArn }),
      ...(verdict.exitCode !== undefined && { exitCode: verdict.exitCode }),
      ...(verdict.reason && { reason: verdict.reason }),
      ...(job.container && { logStreamName: job.container.logStreamName }),
      networkInterfaces: [],
    },
    ...(job.startedAtMs !== undefined && { startedAt: job.startedAtMs }),
    ...(job.stoppedAtMs !== undefined && { stoppedAt: job.stoppedAtMs }),
    statusReason: verdict.statusReason,
  };
}
