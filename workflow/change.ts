import { type Change, changeItems, type ItemChange } from "../lib/changes/change-items.ts";
import type { SettingsCache } from "../lib/store/settings-cache.ts";
import type { Table } from "../lib/table.ts";
import { selectorOf, type Which } from "./which.ts";

/** What every method that changes items takes. */
export interface ChangeOptions {
  /** only say what would become of each */
  dryRun?: boolean;
  /** nothing new is begun once it is aborted; what has been begun is brought to its end */
  signal?: AbortSignal;
  /** told what became of each item, and waited for; the report lists none then, so that memory does not grow with them */
  onItem?: (change: ItemChange) => void | Promise<void>;
}

/** What became of a selection. */
export interface ChangeReport {
  changed: number;
  unchanged: number;
  notFound: number;
  failed: number;
  /** what became of each item, in the order in which they were done; empty with `onItem` */
  items: ItemChange[];
}

/** Makes a change to items and adds up what became of them. `what` is what messages call it. */
export async function changeAll(
  { table }: { table: Table; settings: SettingsCache },
  what: string,
  which: Which,
  change: Change,
  { dryRun = false, signal, onItem }: ChangeOptions,
): Promise<ChangeReport> {
  const report: ChangeReport = { changed: 0, unchanged: 0, notFound: 0, failed: 0, items: [] };
  const options = { dryRun, ...(signal && { signal }) };
  let told = Promise.resolve();
  const tell = (one: ItemChange): Promise<void> | undefined => {
    report[one.result === "not found" ? "notFound" : one.result]++;
    if (!onItem) {
      report.items.push(one);
      return undefined;
    }
    told = told.then(() => onItem(one)); // one after the other, as each may be waited for
    return told;
  };
  await changeItems(table, selectorOf(which, what), change, { tell, ...options });
  return report;
}
