import type { AttemptDetail, JobDetail, JobStatus, RetryStrategy } from "@aws-sdk/client-batch";

/** A job definition on this machine. */
export interface LocalJobDefinition {
  /** program and arguments; a job's own command replaces them */
  command: readonly string[];
  environment?: Readonly<Record<string, string>>;
  retryStrategy?: RetryStrategy;
  /** time limit of an attempt */
  timeoutSeconds?: number;
}

/** A checked SubmitJob request. */
export interface JobRequest {
  jobName: string;
  jobQueue: string;
  jobDefinition: string;
  arraySize?: number;
  command?: readonly string[];
  environment: Readonly<Record<string, string>>;
  retryStrategy?: RetryStrategy;
  timeoutSeconds?: number;
  parameters: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
}

/** Why this Batch is stopping a job. It remains the cause however the job then ends. */
export interface StopRequest {
  kind: "terminate" | "timeout";
  reason: string;
}

/** A job, a child of an array job, or the parent of an array job, which has `children` and never runs itself. */
export interface Job {
  readonly id: string;
  readonly request: JobRequest;
  readonly definition: LocalJobDefinition;
  readonly createdAtMs: number;
  readonly parent?: Job;
  readonly index?: number;
  readonly children: Job[];
  /** of a parent: the number of children that have not finished */
  unfinishedChildren: number;
  status: JobStatus;
  statusReason?: string;
  startedAtMs?: number;
  stoppedAtMs?: number;
  /** attempts that have ended */
  readonly attempts: AttemptDetail[];
  /** the running attempt, or the last one */
  container?: { taskArn: string; logStreamName: string; exitCode?: number; reason?: string };
  stop?: StopRequest;
  isCancelled: boolean;
  isTerminated: boolean;
}

/** A `Batch Job State Change` event, as EventBridge delivers it. */
export interface JobStateChange {
  version: "0";
  id: string;
  "detail-type": "Batch Job State Change";
  source: "aws.batch";
  account: string;
  /** ISO 8601, whole seconds */
  time: string;
  region: string;
  resources: string[];
  detail: JobDetail;
}

/** Whether a job has finished. */
export function isFinished(job: Job): boolean {
  return job.status === "SUCCEEDED" || job.status === "FAILED";
}
