import type { Draining } from "../store/settings.ts";
import type { Refusal } from "./launch-lease.ts";
import type { LaunchLimit } from "./launch-size.ts";

/** What a launch found and did. */
export interface LaunchReport {
  table: string;
  /** ISO 8601 UTC */
  at: string;
  /** how many workers were started, or would be */
  launched: number;
  jobId?: string;
  dryRun?: true;
  /** for people: why none or no more */
  why: string;
  /** the same, for programs; `busy`: another launch is in progress; `draining`: the table is draining */
  limit: LaunchLimit | Refusal;
  /** the launch in progress has been asked to count again before it ends */
  asked?: true;
  /** absent if nothing was counted */
  counted?: {
    /** waiting items, ready now or within a minute; counted only as far as necessary (see `atLeast`) */
    waiting: number;
    /** there may be more waiting items than counted */
    atLeast?: true;
    /** items that workers have */
    locked: number;
    /** workers that are running */
    running: number;
    /** workers that Batch has not started yet */
    starting: number;
  };
  itemsPerWorker: number;
  maxWorkers: number;
  /** paused steps, whose items were not counted */
  paused: string[];
  /** since when, and by whom, the table has been draining */
  draining?: Draining;
  /** this launch ended the draining */
  lifted?: true;
}
