import type { S3Client } from "@aws-sdk/client-s3";
import type { Timers } from "../lib/flow/timers.ts";
import type { FailureWatch } from "../lib/settings/failure-watch.ts";
import type { Table } from "../lib/table.ts";
import type { Report } from "./events.ts";
import type { WorkerOptions } from "./options.ts";
import type { Publisher } from "./results/publisher.ts";
import type { Room } from "./results/room.ts";
import type { StagesInputs } from "./staged-inputs.ts";
import type { TaskRunner } from "./task/run-task.ts";

/** What every part of a worker shares. */
export interface WorkerContext {
  table: Table;
  /** the timers for all its waits: polls, heartbeats, retries */
  timers: Timers;
  /** the client for long logs, created on first use, because loading it takes a fifth of the time of a start */
  openS3: () => Promise<S3Client>;
  bucket: string;
  runner: TaskRunner;
  /** publishes results; created when the first script starts */
  openResults: () => Promise<Publisher>;
  /** frees the disk of the results when it is full */
  room: Room;
  options: WorkerOptions;
  report: Report;
  /** pauses a step if nearly all of its first items fail */
  failures: FailureWatch;
  /** ends the worker because its machine cannot run tasks: further items would fail in the same way */
  giveUp: (why: string) => void;
  /** puts the inputs of items in place */
  inputs: StagesInputs;
  /** aborted with the reason "interrupted" when the worker has to stop its running tasks */
  stop: AbortSignal;
}
