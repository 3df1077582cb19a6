import type { ItemEvent } from "../lib/items/item-event.ts";
import type { Cause, ItemState, TaskState } from "../lib/items/states.ts";
import type { Standstill } from "../lib/settings/standstills.ts";

/** What a worker reports while it runs; the code that started it decides what to do with that (log lines, counts). */
export type WorkerEvent =
  | { kind: "worker:started"; instance: string; jobAttempt: number }
  | { kind: "item:claimed"; itemId: string; step: string; attempt: number }
  | { kind: "claim:lost"; itemId: string; step: string }
  | {
      kind: "item:ended";
      itemId: string;
      step: string;
      attempt: number;
      state: ItemState;
      cause?: Cause | undefined;
      exitCode?: number | undefined;
      wallSeconds: number;
      /** for a retry: not to be claimed before, if that is later than now; ISO 8601 UTC */
      readyAt?: string | undefined;
    }
  | { kind: "item:lease-lost"; itemId: string; step: string; attempt: number; why: string }
  /** a task of a nested item has been written: it is done, or failed in this attempt */
  | {
      kind: "task:ended";
      itemId: string;
      step: string;
      attempt: number;
      taskKey: string;
      state: TaskState;
      cause?: Cause | undefined;
      exitCode?: number | undefined;
      wallSeconds?: number | undefined;
    }
  /** a script has ended, and nothing has been written yet */
  | { kind: "script:ended"; itemId: string; taskKey: string; cause?: Cause; exitCode?: number }
  /** processes outside its process group that a task left running; they were killed */
  | { kind: "task:leftovers"; itemId: string; taskKey: string; commands: readonly string[] }
  /** a task's scratch folder, or part of it, could not be removed */
  | { kind: "task:scratch-left"; itemId: string; taskKey: string; why: string }
  | { kind: "step:paused"; step: string; why: string }
  /** the worker ends although there may be work left */
  | ({ kind: "work:left" } & Standstill)
  | { kind: "store:unreachable"; doing: string; error: Error }
  /** this machine's clock is this far behind the table's, or ahead if negative; from now on, times are corrected */
  | { kind: "clock:corrected"; behindMs: number }
  | { kind: "pipeline:fetching"; archive: string }
  | { kind: "pipeline:output"; line: string }
  | { kind: "pipeline:ready"; archive: string; folder: string; seconds: number }
  /** the disk of the results was full: what was removed, and how much that freed */
  | { kind: "disk:full"; folder: string; leftovers: number; unneeded: number; freedBytes: number }
  | { kind: "worker:scratch-left"; why: string }
  /** the notice of a spot reclaim cannot be requested: items come back only after the host is gone */
  | { kind: "worker:unwarned"; why: string }
  | { kind: "worker:stopping"; why: string }
  | ItemEvent;

export type Report = (event: WorkerEvent) => void;
