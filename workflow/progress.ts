import { bySample, type SampleProgress, type SampleTable } from "../lib/progress/by-sample.ts";
import { exampleOfFailure, type FailedDetail, listFailed } from "../lib/progress/list-failed.ts";
import { type NestedProgress, nestedProgress } from "../lib/progress/nested-progress.ts";
import { type Summary, summarize } from "../lib/progress/summarize.ts";
import type { Table } from "../lib/table.ts";

/** Which progress, and of which steps; default: all steps. */
export type SummaryOptions = PlainSummaryOptions | NestedSummaryOptions | SampleSummaryOptions;
/** By step and state; without ranges it reads no rows to forecast when things should end. */
export type PlainSummaryOptions = { withoutRanges?: boolean };
/** Nested items by how many of their tasks are done; with `items` also the itemIDs of each class. */
export type NestedSummaryOptions = { nested: true; items?: boolean; steps?: readonly string[] };
/** Samples against steps. */
export type SampleSummaryOptions = { bySample: true; steps?: readonly string[] };
/** Samples against steps, as plain data. */
export type SampleSummary = Omit<SampleTable, "samples" | "isSample"> & { samples: SampleProgress[] };

/** The progress of a table. */
export async function progressOf(
  table: Table,
  options: SummaryOptions = {},
): Promise<Summary | NestedProgress | SampleSummary> {
  if ("nested" in options) return nestedProgress(table, options);
  if (!("bySample" in options)) return summarize(table, options);
  const { isSample: _, ...found } = await bySample(table, options);
  return { ...found, samples: [...found.samples] };
}

/** Which failures to list. */
export interface FailuresOptions {
  /** how many to list at most, the latest failures first */
  limit?: number;
  /** instead of items that stay failed, one item of this step that failed and waits for a retry */
  waitingIn?: string;
}

/** Failed items with the ends of their logs. */
export async function failuresOf(table: Table, { limit, waitingIn }: FailuresOptions): Promise<FailedDetail[]> {
  if (waitingIn === undefined) return listFailed(table, limit);
  const example = await exampleOfFailure(table, waitingIn);
  return example ? [example] : [];
}
