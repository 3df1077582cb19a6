import type { JobSummary } from "@aws-sdk/client-batch";
import { arnOf, detailOf } from "./detail.ts";
import type { JobQueue } from "./queue.ts";
import {
  ClientException,
  parseDescribeJobs,
  parseEndJob,
  parseEndJobs,
  parseListJobs,
  parseSubmitJob,
} from "./requests.ts";
import type { Job } from "./types.ts";

type Call = (queue: JobQueue, body: unknown) => unknown;

function jobOf(queue: JobQueue, id: string): Job {
  const job = queue.find(id);
  if (!job) throw new ClientException(`Job ${id} not found.`);
  return job;
}

function submitJob(queue: JobQueue, body: unknown) {
  const job = queue.submit(parseSubmitJob(body));
  return { jobArn: arnOf("job", job.id), jobName: job.request.jobName, jobId: job.id };
}

function describeJobs(queue: JobQueue, body: unknown) {
  const found = parseDescribeJobs(body).jobs.map((idOrArn) => queue.find(idOrArn.replace(/^arn:.*?\//, "")));
  return { jobs: found.filter((job) => job !== undefined).map(detailOf) };
}

function summaryOf(job: Job): JobSummary {
  const { jobArn, jobId, jobName, createdAt, startedAt, stoppedAt, status, statusReason, arrayProperties, container } =
    detailOf(job);
  return {
    jobArn,
    jobId,
    jobName,
    createdAt,
    startedAt,
    stoppedAt,
    status,
    statusReason,
    arrayProperties,
    container: { exitCode: container?.exitCode, reason: container?.reason },
    jobDefinition: arnOf("job-definition", job.request.jobDefinition),
  };
}

function listJobs(queue: JobQueue, body: unknown) {
  const { jobQueue, arrayJobId, jobStatus, maxResults, nextToken } = parseListJobs(body);
  if (!jobQueue === !arrayJobId) throw new ClientException("Exactly one of jobQueue and arrayJobId is needed.");
  const jobs = queue.list(arrayJobId ? jobOf(queue, arrayJobId) : undefined).filter((job) => job.status === jobStatus);
  const start = Number(nextToken ?? 0);
  const end = start + maxResults;
  return {
    jobSummaryList: jobs.slice(start, end).map(summaryOf),
    ...(end < jobs.length && { nextToken: String(end) }),
  };
}

function endJob(how: "terminate" | "cancel"): Call {
  return (queue, body) => {
    const { jobId, reason } = parseEndJob(body);
    queue[how](jobOf(queue, jobId), reason);
    return {};
  };
}

function endJobs(how: "terminate" | "cancel"): Call {
  return (queue, body) => {
    const { jobs, reason } = parseEndJobs(body);
    const successful: string[] = [];
    const errors: { job: string; code: string; message: string }[] = [];
    for (const jobId of jobs) {
      const job = queue.find(jobId);
      if (!job) {
        errors.push({ job: jobId, code: "ClientException", message: `Job ${jobId} not found.` });
        continue;
      }
      queue[how](job, reason);
      successful.push(jobId);
    }
    return { successful, errors };
  };
}

const CALLS: Readonly<Record<string, Call>> = {
  "/v1/submitjob": submitJob,
  "/v1/describejobs": describeJobs,
  "/v1/listjobs": listJobs,
  "/v1/terminatejob": endJob("terminate"),
  "/v1/canceljob": endJob("cancel"),
  "/v1/terminatejobs": endJobs("terminate"),
  "/v1/canceljobs": endJobs("cancel"),
};

/** Answers one call of the REST API. Throws a ClientException if the call is unknown or invalid. */
export function answer(queue: JobQueue, method: string, path: string, body: unknown): unknown {
  const call = method === "POST" ? CALLS[path] : undefined;
  if (!call) throw new ClientException(`the local Batch does not know ${method} ${path}`);
  return call(queue, body);
}
