import type { S3Client } from "@aws-sdk/client-s3";
import type { Timers } from "../lib/flow/timers.ts";
import type { FailureWatch } from "../lib/settings/failure-watch.ts";
import type { Table } from "../lib/table.ts";
import type { Report } from "./events.ts";
import type { WorkerOptions } from "./options.ts";
import type { TaskRunner } from "./task/run-task.ts";

/** What everything in the worker works with. */
export interface WorkerContext {
  table: Table;
  /** what all its waits run on: polls, heartbeats, retries */
  timers: Timers;
  s3: S3Client;
  bucket: string;
  runner: TaskRunner;
  options: WorkerOptions;
  report: Report;
  /** pauses a step of which the first items nearly all fail */
  failures: FailureWatch;
  /** ends the worker because its machine cannot run tasks: the next items would fare no better */
  giveUp: (why: string) => void;
  /** aborted with the reason "interrupted" when the worker has to stop what runs */
  stop: AbortSignal;
}
