import { randomUUID } from "node:crypto";
import type { Job, JobRequest, LocalJobDefinition } from "./types.ts";

/** Creates a job from a request, with its children if it is an array. */
export function createJob(request: JobRequest, definition: LocalJobDefinition, nowMs: number): Job {
  const size = request.arraySize ?? 0;
  const job: Job = { ...blank(request, definition, nowMs), id: randomUUID(), unfinishedChildren: size };
  for (let index = 0; index < size; index++) {
    job.children.push({ ...blank(request, definition, nowMs), id: `${job.id}:${index}`, parent: job, index });
  }
  return job;
}

function blank(request: JobRequest, definition: LocalJobDefinition, createdAtMs: number): Omit<Job, "id"> {
  return {
    request,
    definition,
    createdAtMs,
    children: [],
    unfinishedChildren: 0,
    status: "SUBMITTED",
    attempts: [],
    isCancelled: false,
    isTerminated: false,
  };
}

/** Name of an attempt's log stream; with `.log` added, its path below the log folder. */
export function logStreamOf(job: Job, attempt: number): string {
  const path = job.parent ? `${job.parent.id}/${job.index}` : job.id;
  return `${job.request.jobDefinition}/${path}/${attempt}`;
}

/** The environment variables that AWS sets in a container that runs a job. */
export function batchVariables(job: Job, attempt: number): Record<string, string> {
  return {
    AWS_BATCH_JOB_ID: job.id,
    AWS_BATCH_JOB_ATTEMPT: String(attempt),
    AWS_BATCH_JQ_NAME: job.request.jobQueue,
    AWS_BATCH_CE_NAME: "anamo-local",
    ...(job.parent && {
      AWS_BATCH_JOB_ARRAY_INDEX: String(job.index),
      AWS_BATCH_JOB_ARRAY_SIZE: String(job.parent.children.length),
    }),
  };
}
