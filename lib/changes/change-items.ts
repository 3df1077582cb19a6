import { asTheyCome } from "../flow/as-they-come.ts";
import type { LeftOut } from "../select/select-ids.ts";
import type { Selector } from "../select/selector.ts";
import { matcherOf, type SelectedPage, selectPages } from "../select/selectors.ts";
import type { Seen } from "../store/seen.ts";
import type { Table } from "../table.ts";
import type { Change, ItemChange } from "./change.ts";
import { changeItem, whyLeft } from "./change-item.ts";

export type { Change, ItemChange } from "./change.ts";

/** Hears what became of an item; waited for if it returns a promise. */
export type Tell = (change: ItemChange) => Promise<void> | undefined | void;

/** How a selection is changed. */
export interface ChangeItemsOptions {
  tell: Tell;
  /** items that are changed side by side */
  width?: number;
  /** only say what would become of each */
  dryRun?: boolean;
  /** nothing new is begun once it is aborted; what has been begun is brought to its end and told */
  signal?: AbortSignal;
}

const WIDTH = 32;

/**
 * Makes a change to all items of a selection and tells what became of each, as they come. Memory does not grow with
 * their number. What ends after this began is left alone, so that an item which comes back is not changed again.
 */
export async function changeItems(
  table: Table,
  selector: Selector,
  change: Change,
  { tell, width = WIDTH, dryRun = false, signal }: ChangeItemsOptions,
): Promise<void> {
  const beganAtMs = table.now();
  const context = { table, settings: await table.settings.get(0) };
  const isSelected = matcherOf(selector, beganAtMs);
  const changeOne = (one: Seen | LeftOut): Promise<ItemChange> => {
    if ("why" in one) return Promise.resolve(leftOut(one));
    if (dryRun) return Promise.resolve(wouldBe(one, change, table.now()));
    return changeItem(context, one, change, isSelected);
  };
  const options = { asOfMs: beganAtMs, first: change.to ?? ("todo" as const) };
  const pages = selectPages(table, () => context.settings, selector, options);
  await asTheyCome(both(pages), { width, work: changeOne, tell, signal });
}

async function* both(pages: AsyncIterable<SelectedPage>): AsyncGenerator<(Seen | LeftOut)[]> {
  for await (const { items, leftOut } of pages) yield [...leftOut, ...items];
}

function leftOut(one: LeftOut): ItemChange {
  const { itemId: itemID } = one;
  switch (one.why) {
    case "not found":
      return { itemID, result: "not found" };
    case "not selected":
      return {
        itemID,
        result: "unchanged",
        why: `it is not as selected, but ${one.state}`,
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
  const why = whyLeft(seen, change, nowMs);
  const about = { itemID: seen.itemId, state: seen.state, step: seen.step };
  return why === undefined ? { ...about, result: "changed" } : { ...about, result: "unchanged", why };
}
