import { type BatchWords, type EndReason, endReason } from "./end-reason.ts";

/** Statuses after which a Batch job never runs again. */
const ENDED = ["SUCCEEDED", "FAILED"] as const;
/** Statuses in which the newest attempt may be under way. */
const UNDER_WAY = ["STARTING", "RUNNING"] as const;

/** A container, as an attempt and a job describe it. */
interface Container {
  exitCode?: number | undefined;
  reason?: string | undefined;
}

interface Attempt {
  container?: Container | undefined;
  /** instead of `container` where the job definition has `ecsProperties` */
  taskProperties?: { containers?: Container[] | undefined }[] | undefined;
  statusReason?: string | undefined;
  stoppedAt?: number | undefined;
}

/** The part of a Batch job that we look at, the same in its events and in DescribeJobs. */
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

/** What a Batch job means to the items that it locked. */
export interface JobEnd extends EndReason {
  jobId: string;
  status: string;
  /** the job as a whole is over */
  hasEnded: boolean;
  /** attempts 1 to this one are over for sure; a retry has the same job id and the next number */
  endedAttempts: number;
  /** the parent of an array: its children have ids, statuses and items of their own, it has none */
  isArrayParent: boolean;
}

/** Reads off a Batch job which of its attempts are over, and why. */
export function jobEnd(job: BatchJob): JobEnd {
  const hasEnded = isOneOf(ENDED, job.status);
  return {
    jobId: job.jobId,
    status: job.status,
    hasEnded,
    endedAttempts: hasEnded ? Math.max(1, job.attempts?.length ?? 0) : countEnded(job),
    isArrayParent: job.arrayProperties?.size !== undefined,
    ...endReason(wordsOf(job, hasEnded)),
  };
}

/** Batch lists an attempt once it has stopped; should it ever list a running one, its items must not be freed. */
function countEnded({ status, attempts = [] }: BatchJob): number {
  const isNewestRunning = isOneOf(UNDER_WAY, status) && attempts.at(-1)?.stoppedAt === undefined;
  return Math.max(0, attempts.length - (isNewestRunning ? 1 : 0));
}

function wordsOf(job: BatchJob, hasEnded: boolean): BatchWords {
  const last = job.attempts?.at(-1);
  // between two attempts the job's own words are of why it waits, not of why the last attempt ended
  const own = hasEnded ? job : undefined;
  const container = { ...own?.container, ...defined(worstOf(last)) };
  const reasons = [last?.statusReason, own?.statusReason];
  return {
    statusReason: [...new Set(reasons)].filter(Boolean).join("; ") || undefined,
    containerReason: container.reason,
    exitCode: container.exitCode,
    isTerminated: own?.isTerminated === true || own?.isCancelled === true,
  };
}

/** The container that says most: one with a reason, else one that failed, else any. */
function worstOf(attempt: Attempt | undefined): Container {
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
