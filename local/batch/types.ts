import type { AttemptDetail, JobDetail, JobStatus, RetryStrategy } from "@aws-sdk/client-batch";

/** What a job definition's name stands for on this machine. */
export interface LocalJobDefinition {
  /** program and arguments; a job's own command takes its place */
  command: readonly string[];
  environment?: Readonly<Record<string, string>>;
  retryStrategy?: RetryStrategy;
  /** how long an attempt may run */
  timeoutSeconds?: number;
}

/** What a client may submit, checked. */
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

/** Why a job is being stopped by us; whatever ends it then is our doing. */
export interface StopRequest {
  kind: "terminate" | "timeout";
  reason: string;
}

/** A job, a child of an array job, or its parent, which has `children` and never runs. */
export interface Job {
  readonly id: string;
  readonly request: JobRequest;
  readonly definition: LocalJobDefinition;
  readonly createdAtMs: number;
  readonly parent?: Job;
  readonly index?: number;
  readonly children: Job[];
  /** of a parent: how many children have not come to their end */
  unfinishedChildren: number;
  status: JobStatus;
  statusReason?: string;
  startedAtMs?: number;
  stoppedAtMs?: number;
  /** attempts that have ended */
  readonly attempts: AttemptDetail[];
  /** the attempt that runs, or the one that ran last */
  container?: { taskArn: string; logStreamName: string; exitCode?: number; reason?: string };
  stop?: StopRequest;
  isCancelled: boolean;
  isTerminated: boolean;
}

/** `Batch Job State Change`, as EventBridge delivers it. */
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

/** Whether a job has come to its end. */
export function isFinished(job: Job): boolean {
  return job.status === "SUCCEEDED" || job.status === "FAILED";
}
