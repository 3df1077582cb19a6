import type { ItemState } from "../items/states.ts";
import type { MappedItem } from "./map-item.ts";
import type { OldItem } from "./old-item.ts";
import type { Written } from "./write-item.ts";

/** The result of a migration. `read` is the sum of `added`, `existed` and the number of `problems`. */
export interface MigrateReport {
  from: string;
  table: string;
  step: string;
  /** nothing was written: `added` counts what would have been */
  dryRun: boolean;
  /** false if it was stopped before the end */
  complete: boolean;
  read: number;
  added: number;
  /** items whose itemID was already in the table, which were left alone */
  existed: number;
  /** items added, by their new state */
  items: Record<Exclude<ItemState, "locked" | "waiting">, number>;
  /** the nested tasks of the items added */
  tasks: { done: number; failed: number; total: number };
  /** how many of the added items were locked in PyAnamo and are now `todo` */
  unlocked: number;
  /** how many of the added items were stopped by PyAnamo's wall time and are now `todo` */
  wallTimeExceeded: number;
  /** how many of the added items are `done` or `failed` but have no readable date */
  undated: number;
  /** logs too long for a row, of which only the ends were kept */
  logsCut: number;
  /** how many of the added items are held, by reason */
  heldFor: Record<string, number>;
  /** items that were not migrated, and why */
  problems: { itemID: string; why: string }[];
}

/** A report with all counts at zero. */
export function emptyReport(names: Pick<MigrateReport, "from" | "table" | "step" | "dryRun">): MigrateReport {
  return {
    ...names,
    complete: false,
    read: 0,
    added: 0,
    existed: 0,
    items: { todo: 0, done: 0, failed: 0, held: 0 },
    tasks: { done: 0, failed: 0, total: 0 },
    unlocked: 0,
    wallTimeExceeded: 0,
    undated: 0,
    logsCut: 0,
    heldFor: {},
    problems: [],
  };
}

const BUSY = "another migration or import is writing it; run this again a minute after that has ended";

/** Adds the outcome of one item to the report. */
export function count(report: MigrateReport, old: OldItem, { item, tasks }: MappedItem, written: Written): void {
  if (written === "busy") report.problems.push({ itemID: old.itemId, why: BUSY });
  if (written === "existed") report.existed++;
  if (written !== "added" || item.state === "locked" || item.state === "waiting") return;
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
