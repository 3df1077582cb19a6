import type { Draining } from "../store/settings.ts";
import type { Refusal } from "./launch-lease.ts";
import type { LaunchLimit } from "./launch-size.ts";

/** What a launch found and did. */
export interface LaunchReport {
  table: string;
  /** ISO 8601 UTC */
  at: string;
  /** workers that were started, or would be */
  launched: number;
  jobId?: string;
  dryRun?: true;
  /** why none, or not more, for a person */
  why: string;
  /** the same for a program; `busy`: another launch is at work; `draining`: the table is being drained */
  limit: LaunchLimit | Refusal;
  /** absent where nothing was counted */
  counted?: {
    /** items that wait, ready now or within a minute; counted no further than it matters, which `atLeast` says */
    waiting: number;
    atLeast?: true;
    /** items that workers have */
    locked: number;
    /** workers that run, and that are on their way */
    running: number;
    starting: number;
  };
  itemsPerWorker: number;
  maxWorkers: number;
  /** steps whose items were left out */
  paused: string[];
  /** since when the table is being drained: `lifted`, until now */
  draining?: Draining;
  lifted?: true;
}
