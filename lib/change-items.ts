import { asTheyCome } from "./as-they-come.ts";
import type { Change, ChangeContext, ItemChange } from "./change.ts";
import { changeItem, whyLeft } from "./change-item.ts";
import type { Seen } from "./seen.ts";
import { type LeftOut, matcherOf, type Selector, selectPages } from "./selectors.ts";
import type { SettingsCache } from "./settings-cache.ts";
import type { Table } from "./table.ts";

export type { Change, ItemChange } from "./change.ts";

/** How a selection is changed. */
export interface ChangeItemsOptions {
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
export function changeItems(
  table: Table,
  settings: SettingsCache,
  selector: Selector,
  change: Change,
  { width = WIDTH, dryRun = false, signal }: ChangeItemsOptions = {},
): AsyncGenerator<ItemChange> {
  // no generator of its own around the one that is returned: each item would pass through both
  const pages = new SelectedPages(table, settings, selector, change);
  const changeOne = (one: Seen | LeftOut): Promise<ItemChange> => {
    if ("why" in one) return Promise.resolve(leftOut(one));
    if (dryRun) return Promise.resolve(wouldBe(one, change, table.now()));
    return changeItem(pages.context, one, change, pages.isSelected);
  };
  return asTheyCome(pages.read(), width, changeOne, signal);
}

/** What is selected, and what is known once the first of it has been read. */
class SelectedPages {
  context!: ChangeContext;
  isSelected!: ReturnType<typeof matcherOf>;
  readonly #table: Table;
  readonly #settings: SettingsCache;
  readonly #selector: Selector;
  readonly #change: Change;

  constructor(table: Table, settings: SettingsCache, selector: Selector, change: Change) {
    this.#table = table;
    this.#settings = settings;
    this.#selector = selector;
    this.#change = change;
  }

  async *read(): AsyncGenerator<(Seen | LeftOut)[]> {
    const beganAtMs = this.#table.now();
    this.context = { table: this.#table, settings: await this.#settings.get(0) };
    this.isSelected = matcherOf(this.#selector, beganAtMs);
    const options = { asOfMs: beganAtMs, first: this.#change.to ?? ("todo" as const) };
    for await (const { items, leftOut } of selectPages(this.#table, this.#settings, this.#selector, options)) {
      yield [...leftOut, ...items];
    }
  }
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
