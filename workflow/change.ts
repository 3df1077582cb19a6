import { type Change, changeItems, type ItemChange } from "../lib/changes/change-items.ts";
import type { Clients } from "./clients.ts";
import { checkWhich, selectorOf, type Which } from "./which.ts";

/** What every method that changes items takes. */
export interface ChangeOptions {
  /** only says what would become of each */
  dryRun?: boolean;
  /** starts nothing new once it is aborted; what has been started is finished */
  signal?: AbortSignal;
  /** told what became of each item, one after the other, and waited for; the report then lists none, to save memory */
  onItem?: (change: ItemChange) => void | Promise<void>;
}

/** How many items a change did what to. */
export interface ChangeCounts {
  changed: number;
  unchanged: number;
  notFound: number;
  failed: number;
}

/** What became of a selection. */
export interface ChangeReport extends ChangeCounts {
  /** what became of each item, in the order in which they were done; empty with `onItem` */
  items: ItemChange[];
}

/** A change, the items that it is for, and what messages call it. */
export interface Wanted {
  method: string;
  which: Which;
  change: Change;
}

/** Makes a change to items and counts what became of them. */
export async function changeAll(
  { table, wording }: Clients,
  { method, which, change }: Wanted,
  { dryRun = false, signal, onItem }: ChangeOptions,
): Promise<ChangeReport> {
  checkWhich(which, method, wording);
  const report: ChangeReport = { changed: 0, unchanged: 0, notFound: 0, failed: 0, items: [] };
  let told = Promise.resolve();
  const tell = (one: ItemChange): Promise<void> | undefined => {
    report[one.result === "not found" ? "notFound" : one.result]++;
    if (!onItem) {
      report.items.push(one);
      return undefined;
    }
    told = told.then(() => onItem(one));
    return told;
  };
  await changeItems(table, selectorOf(which), change, { tell, dryRun, signal });
  return report;
}
