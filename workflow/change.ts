import { type Change, changeItems, type ItemChange } from "../lib/changes/change-items.ts";
import { toDelete } from "../lib/changes/delete-items.ts";
import { toHold, toUnhold } from "../lib/changes/hold.ts";
import { toReset } from "../lib/changes/reset.ts";
import type { Clients } from "./clients.ts";
import { checkWhich, selectorOf, type Which } from "./which.ts";

export { toDelete, toHold, toReset, toUnhold };

/** What every method that changes items takes. */
export interface ChangeOptions {
  /** only reports what would happen to each */
  dryRun?: boolean;
  /** once it is aborted, no more items are started; those under way are finished */
  signal?: AbortSignal;
  /** called with each result, one at a time, and awaited; the report then lists no items, to save memory */
  onItem?: (change: ItemChange) => void | Promise<void>;
}

/** The number of items by result. */
export interface ChangeCounts {
  changed: number;
  unchanged: number;
  notFound: number;
  failed: number;
}

/** The results of a change. */
export interface ChangeReport extends ChangeCounts {
  /** of a reset, if any: items that are done or running and follow those that were reset, so they used the old result */
  followersDone?: number;
  /** the result for each item, in the order in which they were done; empty with `onItem` */
  items: ItemChange[];
}

/** A change, its items, and the name of the method for messages. */
export interface Wanted {
  method: string;
  which: Which;
  change: Change;
}

/** Makes a change to items and counts the results. */
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
