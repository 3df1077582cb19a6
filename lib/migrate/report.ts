import type { ItemState } from "../items/states.ts";
import type { MappedItem } from "./map-item.ts";
import type { OldItem } from "./old-item.ts";
import type { Written } from "./write-item.ts";

/** What a migration came to; `read` is `added` and `existed` and the number of `problems` together. */
export interface MigrateReport {
  from: string;
  table: string;
  step: string;
  /** nothing was written: `added` says what would have been */
  dryRun: boolean;
  /** false where it was told to stop before the end */
  complete: boolean;
  read: number;
  added: number;
  /** items whose itemID the table had already: left as they are */
  existed: number;
  /** those added, by the state they have here */
  items: Record<Exclude<ItemState, "locked">, number>;
  /** the nested tasks of those added */
  tasks: { done: number; failed: number; total: number };
  /** of those added: locked in PyAnamo, and given back */
  unlocked: number;
  /** of those added: stopped by PyAnamo's wall time, and given back */
  wallTimeExceeded: number;
  /** of those added: `done` or `failed`, but without a date that can be read */
  undated: number;
  /** logs of which a row cannot hold more than the end */
  logsCut: number;
  /** of those added and held: why, and how many */
  heldFor: Record<string, number>;
  /** items that were not taken over, and why */
  problems: { itemID: string; why: string }[];
}

/** A report on nothing yet. */
export function emptyReport(names: Pick<MigrateReport, "from" | "table" | "step" | "dryRun">): MigrateReport {
  return {
    ...names,
    complete: false,
    ...{ read: 0, added: 0, existed: 0 },
    items: { todo: 0, done: 0, failed: 0, held: 0 },
    tasks: { done: 0, failed: 0, total: 0 },
    ...{ unlocked: 0, wallTimeExceeded: 0, undated: 0, logsCut: 0 },
    heldFor: {},
    problems: [],
  };
}

const BUSY = "another migration or import is writing it; a minute after that has ended, run this again";

/** Counts what became of one item. */
export function count(report: MigrateReport, old: OldItem, { item, tasks }: MappedItem, written: Written): void {
  if (written === "busy") report.problems.push({ itemID: old.itemId, why: BUSY });
  if (written === "existed") report.existed++;
  if (written !== "added" || item.state === "locked") return;
  report.added++;
  report.items[item.state]++;
  report.tasks.total += tasks.length;
  for (const { state } of tasks) if (state !== "todo") report.tasks[state]++;
  if (old.state === "locked") report.unlocked++;
  if (old.state === "Wall_Time_Exceeded") report.wallTimeExceeded++;
  if ((item.state === "done" || item.state === "failed") && item.endedAtMs === undefined) report.undated++;
  report.logsCut += [old.log, ...(old.tasks ?? []).map((task) => task.log)].filter((log) => log?.isCut).length;
  if (item.state === "held") {
    const why = old.state === "done" ? "done, but not all of its tasks" : old.state;
    report.heldFor[why] = (report.heldFor[why] ?? 0) + 1;
  }
}
