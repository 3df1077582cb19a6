import type { S3Client } from "@aws-sdk/client-s3";
import type { Item, Results } from "../../lib/items/item.ts";
import type { ResultOwner } from "../../lib/results/place.ts";
import type { Table } from "../../lib/table.ts";

/** The run of a task whose result is published. */
export interface ResultRun extends ResultOwner {
  attempt: number;
  lockId: string;
  /** what the row recorded before */
  old?: Results | undefined;
}

/**
 * A result that is not visible yet. The row is written next: if it records `results`, `publish` follows, otherwise
 * `discard`. If the worker dies in between, the sweep does one or the other.
 */
export interface Staged {
  /** absent if the run left nothing, and the old result has to be removed */
  results?: Results;
  publish(): Promise<void>;
  discard(): Promise<void>;
}

/** What to stage, and from where. */
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
  /**
   * Prepares everything but the last step. Undefined if there is no file, and no old result to remove. Throws a
   * ResultError, or an error of the disk.
   */
  stage(request: StageRequest): Promise<Staged | undefined>;
  /** For a run for which nothing was staged, once the row says so: removes what an earlier run has published since. */
  clear(run: ResultRun): Promise<void>;
  /** Removes what an item that is done has published as another kind of item: see lib/results/other-kind.ts. */
  dropOtherKind(item: Item): Promise<void>;
  /** Removes the folders that it created and that are empty. */
  close(): Promise<void>;
}

/** What a publisher needs from its worker. */
export interface PublisherDeps {
  openS3: () => Promise<S3Client>;
  table: Table;
  /** repeats a request until it succeeds or cannot succeed */
  insist: <T>(doing: string, call: () => Promise<T>) => Promise<T>;
}
