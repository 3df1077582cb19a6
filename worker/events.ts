import type { Cause, ItemState } from "../lib/items/states.ts";
import type { Standstill } from "../lib/settings/standstills.ts";

/** What a worker tells of its work as it goes; whoever started it decides what becomes of that (log lines, counts). */
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
      cause?: Cause;
      wallSeconds: number;
    }
  | { kind: "item:lease-lost"; itemId: string; step: string; attempt: number; why: string }
  | { kind: "task:ended"; itemId: string; taskKey: string; cause?: Cause; exitCode?: number }
  | { kind: "step:paused"; step: string; why: string }
  /** it ends though there may be work */
  | ({ kind: "work:left" } & Standstill)
  | { kind: "store:unreachable"; doing: string; error: Error }
  | { kind: "pipeline:fetching"; archive: string }
  | { kind: "pipeline:output"; line: string }
  | { kind: "pipeline:ready"; archive: string; folder: string; seconds: number }
  | { kind: "worker:stopping"; why: string };

export type Report = (event: WorkerEvent) => void;
