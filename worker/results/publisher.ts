import type { S3Client } from "@aws-sdk/client-s3";
import type { Results } from "../../lib/items/item.ts";
import type { ResultOwner } from "../../lib/results/place.ts";

/** The run of a task whose result is published. */
export interface ResultRun extends ResultOwner {
  attempt: number;
  lockId: string;
  /** what the row recorded before */
  old?: Results | undefined;
}

/**
 * A result that nobody sees yet. The row is written next: if it records `results`, `publish` follows, else `discard`.
 * If the worker dies in between, the sweep does the one or the other.
 */
export interface Staged {
  results: Results;
  publish(): Promise<void>;
  discard(): Promise<void>;
}

/** Where a run's result goes to, and from where. */
export interface StageRequest {
  run: ResultRun;
  /** its `$OUT` */
  out: string;
  nowMs: number;
  /** aborted to give up */
  signal: AbortSignal;
}

/** Publishes what scripts leave in `$OUT`. */
export interface Publisher {
  /** Makes the empty folder that becomes `$OUT`; `wanted` is a free path in the scratch folder. */
  makeOut(run: ResultRun, wanted: string): Promise<string>;
  /** Prepares everything but the last step. Undefined if there is no file. Throws a ResultError, or the disk's. */
  stage(request: StageRequest): Promise<Staged | undefined>;
  /** After a run that left nothing, when the row says so: removes what an earlier run has published. */
  clear(run: ResultRun): Promise<void>;
  /** Removes the folders that it made and that are empty. */
  close(): Promise<void>;
}

/** What a publisher needs of its worker. */
export interface PublisherDeps {
  openS3: () => Promise<S3Client>;
  /** the table's name */
  table: string;
  /** repeats a request until it succeeds or cannot succeed */
  insist: <T>(doing: string, call: () => Promise<T>) => Promise<T>;
}
