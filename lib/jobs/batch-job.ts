import { type EndDetails, type EndReason, endReason } from "./end-reason.ts";

/** Statuses after which a Batch job never runs again. */
const ENDED = ["SUCCEEDED", "FAILED"] as const;
/** Statuses in which the newest attempt may be running. */
const ACTIVE = ["STARTING", "RUNNING"] as const;

/** A container, as attempts and jobs describe it. */
interface Container {
  exitCode?: number | undefined;
  reason?: string | undefined;
}

interface Attempt {
  container?: Container | undefined;
  /** replaces `container` if the job definition has `ecsProperties` */
  taskProperties?: { containers?: Container[] | undefined }[] | undefined;
  statusReason?: string | undefined;
  stoppedAt?: number | undefined;
}

/** The part of a Batch job that we use, which is the same in events and in DescribeJobs. */
export interface BatchJob {
  jobId: string;
  status: string;
  statusReason?: string | undefined;
  attempts?: Attempt[] | undefined;
  container?: Container | undefined;
  arrayProperties?: { size?: number | undefined } | undefined;
  isTerminated?: boolean | undefined;
  isCancelled?: boolean | undefined;
}

/** What the state of a Batch job means for the items that it has locked. */
export interface JobEnd extends EndReason {
  jobId: string;
  status: string;
  /** the job as a whole is over */
  hasEnded: boolean;
  /** attempts 1 to this one are certainly over; a retry keeps the job id and gets the next number */
  endedAttempts: number;
  /** the parent of an array has no items; its children have ids, statuses and items of their own */
  isArrayParent: boolean;
}

/** Works out which attempts of a Batch job are over, and why. */
export function jobEnd(job: BatchJob): JobEnd {
  const hasEnded = isOneOf(ENDED, job.status);
  return {
    jobId: job.jobId,
    status: job.status,
    hasEnded,
    endedAttempts: hasEnded ? Math.max(1, job.attempts?.length ?? 0) : countEnded(job),
    isArrayParent: job.arrayProperties?.size !== undefined,
    ...endReason(detailsOf(job, hasEnded)),
  };
}

/**
 * Batch lists an attempt once it has stopped. If it ever lists a running one, the items of that one must not be freed.
 */
function countEnded({ status, attempts = [] }: BatchJob): number {
  const isNewestRunning = isOneOf(ACTIVE, status) && attempts.at(-1)?.stoppedAt === undefined;
  return Math.max(0, attempts.length - (isNewestRunning ? 1 : 0));
}

function detailsOf(job: BatchJob, hasEnded: boolean): EndDetails {
  const last = job.attempts?.at(-1);
  // between attempts, the job's own fields say why it waits, not why the last attempt ended
  const own = hasEnded ? job : undefined;
  const container = { ...own?.container, ...defined(mostInformativeContainer(last)) };
  const reasons = [last?.statusReason, own?.statusReason];
  return {
    statusReason: [...new Set(reasons)].filter(Boolean).join("; ") || undefined,
    containerReason: container.reason,
    exitCode: container.exitCode,
    isTerminated: own?.isTerminated === true || own?.isCancelled === true,
  };
}

/** The most informative container: one with a reason, otherwise one that failed, otherwise any. */
function mostInformativeContainer(attempt: Attempt | undefined): Container {
  const containers = attempt?.taskProperties?.flatMap((task) => task.containers ?? []) ?? [];
  if (attempt?.container) containers.push(attempt.container);
  return containers.find(({ reason }) => reason) ?? containers.find(({ exitCode }) => exitCode) ?? containers[0] ?? {};
}

function defined({ exitCode, reason }: Container): Container {
  return { ...(exitCode !== undefined && { exitCode }), ...(reason !== undefined && { reason }) };
}

function isOneOf(values: readonly string[], value: string): boolean {
  return values.includes(value);
}
