import { randomUUID } from "node:crypto";
import type { JobDetail } from "@aws-sdk/client-batch";
import type { Job, JobStateChange } from "./types.ts";

const ACCOUNT = "123456789012";
const REGION = "us-east-1";

/** ARN of a job, job queue or job definition. */
export function arnOf(kind: "job" | "job-queue" | "job-definition", name: string): string {
  if (name.startsWith("arn:")) return name;
  const revision = kind === "job-definition" && !name.includes(":") ? ":1" : "";
  return `arn:aws:batch:${REGION}:${ACCOUNT}:${kind}/${name}${revision}`;
}

/** ARN of the ECS task that would run an attempt on AWS. */
export function newTaskArn(): string {
  return `arn:aws:ecs:${REGION}:${ACCOUNT}:task/anamo-local/${randomUUID().replaceAll("-", "")}`;
}

function arrayProperties(job: Job): JobDetail["arrayProperties"] {
  if (job.index !== undefined) return { statusSummary: {}, index: job.index };
  if (job.children.length === 0) return undefined;
  const statusSummary: Record<string, number> = {
    SUBMITTED: 0,
    PENDING: 0,
    RUNNABLE: 0,
    STARTING: 0,
    RUNNING: 0,
    SUCCEEDED: 0,
    FAILED: 0,
  };
  for (const child of job.children) statusSummary[child.status] = (statusSummary[child.status] ?? 0) + 1;
  return { statusSummary, size: job.children.length };
}

/** A job as DescribeJobs and the events describe it. */
export function detailOf(job: Job): JobDetail {
  const { request, definition } = job;
  const jobArn = arnOf("job", job.id);
  const timeout = request.timeoutSeconds ?? definition.timeoutSeconds;
  return {
    jobArn,
    jobName: request.jobName,
    jobId: job.id,
    jobQueue: arnOf("job-queue", request.jobQueue),
    status: job.status,
    attempts: [...job.attempts],
    ...(job.statusReason && { statusReason: job.statusReason }),
    createdAt: job.createdAtMs,
    retryStrategy: request.retryStrategy ?? definition.retryStrategy ?? { attempts: 1, evaluateOnExit: [] },
    // Optional in the events, although the SDK's type requires it.
    startedAt: job.startedAtMs as number,
    ...(job.stoppedAtMs !== undefined && { stoppedAt: job.stoppedAtMs }),
    dependsOn: [],
    jobDefinition: arnOf("job-definition", request.jobDefinition),
    parameters: { ...request.parameters },
    container: {
      image: "local",
      command: [...(request.command ?? definition.command)],
      volumes: [],
      environment: Object.entries({ ...definition.environment, ...request.environment }).map(([name, value]) => ({
        name,
        value,
      })),
      mountPoints: [],
      ulimits: [],
      ...job.container,
      networkInterfaces: [],
      resourceRequirements: [
        { type: "VCPU", value: "1" },
        { type: "MEMORY", value: "2048" },
      ],
      secrets: [],
    },
    arrayProperties: arrayProperties(job),
    ...(timeout !== undefined && { timeout: { attemptDurationSeconds: timeout } }),
    tags: { ...request.tags, resourceArn: jobArn },
    propagateTags: false,
    platformCapabilities: ["EC2"],
    isCancelled: job.isCancelled,
    isTerminated: job.isTerminated,
    eksAttempts: [],
  };
}

/** The event that EventBridge sends when a job has entered its current state. */
export function stateChangeOf(job: Job, nowMs: number): JobStateChange {
  const detail = JSON.parse(JSON.stringify(detailOf(job))) as JobDetail;
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Batch Job State Change",
    source: "aws.batch",
    account: ACCOUNT,
    time: new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z"),
    region: REGION,
    resources: [detail.jobArn ?? ""],
    detail,
  };
}
