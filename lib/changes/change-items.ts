import { evaluateItems } from "../depend/evaluate.ts";
import { asTheyCome } from "../flow/as-they-come.ts";
import type { LeftOut } from "../select/select-ids.ts";
import type { Selector } from "../select/selector.ts";
import { matcherOf, type SelectedPage, selectPages } from "../select/selectors.ts";
import type { Seen } from "../store/seen.ts";
import type { Table } from "../table.ts";
import type { Change, ChangeContext, ItemChange } from "./change.ts";
import { changeItem, whyUnchanged } from "./change-item.ts";

export type { Change, ItemChange } from "./change.ts";

/**
 * Receives what happened to an item; awaited if it returns a promise. `tasks` is "all" for an item that was not
 * selected and starts over with all its tasks, because of one that was.
 */
export type Tell = (change: ItemChange, tasks?: "all") => Promise<void> | undefined | void;

/** How to change a selection. */
export interface ChangeItemsOptions {
  tell: Tell;
  /** how many items are changed at once */
  width?: number;
  /** only report what would happen to each item */
  dryRun?: boolean;
  /** receives the ids of items that begin to wait, and must evaluate them; by default this happens at the end */
  waits?: (itemId: string) => void;
  /** once aborted, nothing new is started; what was started is finished and reported */
  signal?: AbortSignal;
}

const WIDTH = 32;

/**
 * Changes all items of a selection and reports what happened to each as it finishes. Memory grows only with the ids of
 * items that begin to wait. Items that end after the start are left alone, so that none is changed twice.
 */
export async function changeItems(
  table: Table,
  selector: Selector,
  change: Change,
  { tell, width = WIDTH, dryRun = false, signal, waits }: ChangeItemsOptions,
): Promise<void> {
  const startedAtMs = table.now();
  const waiting: string[] = [];
  const found = await table.settings.get(0);
  const settings = dryRun ? found : await table.settings.wake(found);
  const context: ChangeContext = { table, settings, waits: waits ?? ((itemId) => waiting.push(itemId)) };
  const isSelected = matcherOf(selector, startedAtMs);
  const changeOne = async (one: Seen | LeftOut): Promise<ItemChange> => {
    if ("why" in one) return notSelected(one);
    if (dryRun) return wouldBe(one, change, table.now());
    await table.settings.stayAwake();
    return changeItem(context, one, change, isSelected);
  };
  const options = { asOfMs: startedAtMs, first: change.to ?? ("todo" as const) };
  const pages = selectPages(table, () => context.settings, selector, options);
  try {
    await asTheyCome(withLeftOut(pages), { width, work: changeOne, tell, signal });
  } finally {
    await evaluateItems(table, waiting);
  }
}

async function* withLeftOut(pages: AsyncIterable<SelectedPage>): AsyncGenerator<(Seen | LeftOut)[]> {
  for await (const { items, leftOut } of pages) yield [...leftOut, ...items];
}

function notSelected(one: LeftOut): ItemChange {
  const { itemId: itemID } = one;
  switch (one.why) {
    case "not found":
      return { itemID, result: "not found" };
    case "not selected":
      return {
        itemID,
        result: "unchanged",
        why: `it does not match the selection: it is ${one.state}`,
        state: one.state,
        step: one.step,
      };
    case "unreadable":
      return { itemID, result: "failed", why: one.message };
    default:
      return one satisfies never;
  }
}

function wouldBe(seen: Seen, change: Change, nowMs: number): ItemChange {
  const why = whyUnchanged(seen, change, nowMs);
  const about = { itemID: seen.itemId, state: seen.state, step: seen.step };
  return why === undefined ? { ...about, result: "changed" } : { ...about, result: "unchanged", why };
}
