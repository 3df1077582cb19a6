import type { ItemEntry } from "../items/item.ts";
import type { Onlooker, SummarizeOptions, Summary } from "../progress/summarize.ts";
import { summarize } from "../progress/summarize.ts";
import type { Table } from "../table.ts";

/** A failed item, as a notification names it; without names if these are left out. */
export interface FailedExample {
  itemID?: string;
  taskID?: string;
  cause: string;
  exitCode?: number;
}

/** When items of a step ended, in milliseconds since the epoch. */
export interface StepEnds {
  /** the last item that is done or failed */
  lastMs: number;
  /** the item that failed first, of those that are failed now */
  firstFailed?: FailedExample & { atMs: number };
  lastFailedMs?: number;
}

/** What one look at a table shows about the things that people are told about. */
export interface Look {
  summary: Pick<Summary, "table" | "at" | "items" | "blocked" | "steps" | "paused" | "draining" | "endsBetween">;
  ends: ReadonlyMap<string, StepEnds>;
  /** items whose workers let their lease run out; absent if the rows of running items were not read */
  silent?: number;
}

/** Records when items ended while a summary reads them. Memory grows only with the number of steps. */
export class Ends implements Onlooker {
  readonly steps = new Map<string, StepEnds>();

  settings(): void {}

  add({ state, step, endedAtMs, itemId, taskId, cause, exitCode }: ItemEntry): void {
    if (endedAtMs === undefined || (state !== "done" && state !== "failed")) return;
    const known = this.steps.get(step) ?? { lastMs: endedAtMs };
    this.steps.set(step, known);
    known.lastMs = Math.max(known.lastMs, endedAtMs);
    if (state !== "failed") return;
    known.lastFailedMs = Math.max(known.lastFailedMs ?? endedAtMs, endedAtMs);
    if (known.firstFailed && known.firstFailed.atMs <= endedAtMs) return;
    known.firstFailed = {
      itemID: itemId,
      taskID: taskId,
      cause: cause ?? "unknown",
      ...(exitCode !== undefined && { exitCode }),
      atMs: endedAtMs,
    };
  }
}

/** Looks at a table, which takes one read of its index, as for a summary. */
export async function lookAt(
  table: Table,
  options: Pick<SummarizeOptions, "withoutRanges"> = {},
): Promise<Look & { summary: Summary }> {
  const onlooker = new Ends();
  return { summary: await summarize(table, { ...options, onlooker }), ends: onlooker.steps };
}
