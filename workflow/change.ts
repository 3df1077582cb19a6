import {
  type Change,
  type ChangeItemsOptions,
  changeItems,
  type ItemChange,
  type Tell,
} from "../lib/changes/change-items.ts";
import { toDelete } from "../lib/changes/delete-items.ts";
import { toHold, toUnhold } from "../lib/changes/hold.ts";
import { type Removing, removedBefore } from "../lib/changes/removed-before.ts";
import { type ResetOptions, toReset } from "../lib/changes/reset.ts";
import { countFollowersDone, resetFollowing } from "../lib/changes/reset-following.ts";
import { resetPreceding } from "../lib/changes/reset-preceding.ts";
import { readLook } from "../lib/retention/last-look.ts";
import type { Selector } from "../lib/select/selector.ts";
import { SETTING } from "../lib/store/settings.ts";
import { changeSettings } from "../lib/store/settings-row.ts";
import type { Clients } from "./clients.ts";
import { type Act, KIND_BY_METHOD, tellAct } from "./person-event.ts";
import { checkWhich, selectorOf, type Which } from "./which.ts";

export { toDelete, toHold, toReset, toUnhold };

/** Options of every method that changes items. */
export interface ChangeOptions {
  /** only reports what would happen to each item */
  dryRun?: boolean;
  /** once aborted, no further changes are started; those in progress are completed */
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
  /**
   * of a reset, if more than 0: the followers of the reset items that are done or running, and so used the old result
   */
  followersDone?: number;
  /**
   * after a reset, if more than 0: predecessors of the reset items whose results were removed, so that these items
   * cannot run
   */
  inputsRemoved?: number;
  /** the result for each item, in the order in which they were changed; empty with `onItem` */
  items: ItemChange[];
}

/** A change, its items, and the name of the method for messages. */
export interface Wanted {
  method: keyof typeof KIND_BY_METHOD;
  which: Which;
  /** the nested tasks that it is about, if any */
  tasks?: "all" | readonly string[] | undefined;
  /** or a function that makes the change to a selection */
  change: Change | ((selector: Selector, how: ChangeItemsOptions) => Promise<void>);
}

/** Makes a change to items and counts the results. */
export async function changeAll(
  { table, wording, tell: tellOthers }: Clients,
  { method, which, change, tasks }: Wanted,
  { dryRun = false, signal, onItem }: ChangeOptions,
): Promise<ChangeReport> {
  checkWhich(which, method, wording);
  const report: ChangeReport = { changed: 0, unchanged: 0, notFound: 0, failed: 0, items: [] };
  let told = Promise.resolve();
  const tell = (one: ItemChange, ownTasks: Wanted["tasks"] = tasks): Promise<void> | undefined => {
    report[one.result === "not found" ? "notFound" : one.result]++;
    if (one.result === "changed" && !dryRun) {
      const { itemID: itemId, step, state: was } = one;
      tellAct(tellOthers, { kind: KIND_BY_METHOD[method], itemId, step, was, tasks: ownTasks } as Act);
    }
    if (!onItem) {
      report.items.push(one);
      return undefined;
    }
    told = told.then(() => onItem(one));
    return told;
  };
  const how = { tell, dryRun, signal };
  try {
    if (typeof change === "function") await change(selectorOf(which), how);
    else await changeItems(table, selectorOf(which), change, how);
  } finally {
    // makes the next summary of a table at rest read everything; nothing else in the index shows that old items are
    // gone
    if (method === "delete" && report.changed > 0 && !dryRun) {
      await changeSettings(table, {
        set: { [SETTING.deletedAtMs]: table.now() },
        remove: [SETTING.atRestSinceMs],
      });
    }
  }
  return report;
}

/** How items are reset. */
export interface ResetAllOptions extends ResetOptions, ChangeOptions {
  /** also starts over everything that follows them: done items wait again */
  following?: boolean;
  /** also starts over the predecessors whose results were removed, without which the items could not run */
  preceding?: boolean;
}

/**
 * Starts items over, with `following` also everything that follows them. Otherwise counts the followers that used the
 * old result.
 */
export async function resetAll(
  at: Clients,
  { method, which }: Omit<Wanted, "change">,
  { following = false, preceding = false, dryRun, signal, onItem, ...options }: ResetAllOptions,
): Promise<ChangeReport> {
  const { table } = at;
  const how: ChangeOptions = { ...(dryRun && { dryRun }), ...(signal && { signal }), ...(onItem && { onItem }) };
  const [ids, steps]: [string[], Set<string>] = [[], new Set()];
  const reset = async (selector: Selector, given: ChangeItemsOptions) => {
    const { links } = await table.settings.get();
    const tell: Tell = (one, tasks) => {
      if (one.result === "changed" && links.size > 0) {
        ids.push(one.itemID);
        steps.add(one.step ?? "");
      }
      return given.tell(one, tasks);
    };
    if (following) await resetFollowing(table, selector, options, { ...given, tell });
    else await changeItems(table, selector, toReset(options), { ...given, tell });
  };
  const change: Wanted["change"] = preceding
    ? (selector, given) => resetPreceding(table, selector, { options, reset, following }, given)
    : reset;
  const report = await changeAll(at, { method, which, change, tasks: options.tasks }, how);
  const followersDone = following ? 0 : await countFollowersDone(table, ids, [...steps]);
  const inputsRemoved = preceding ? 0 : await countRemovedBefore(table, ids, dryRun ? "look" : "keep");
  return { ...report, ...(followersDone > 0 && { followersDone }), ...(inputsRemoved > 0 && { inputsRemoved }) };
}

/** How many items have to run again before these can. Costs one read on a table whose results were never removed. */
async function countRemovedBefore(table: Clients["table"], itemIds: readonly string[], how: Removing): Promise<number> {
  if (itemIds.length === 0 || (await readLook(table)) === undefined) return 0;
  return (await removedBefore(table, itemIds, how)).flat().length;
}
