import { followersOf } from "../depend/followers.ts";
import type { Selector } from "../select/selector.ts";
import type { Table } from "../table.ts";
import { type ChangeItemsOptions, changeItems } from "./change-items.ts";
import { removedBefore } from "./removed-before.ts";
import { type ResetOptions, toReset } from "./reset.ts";

/** What a reset does next, once what these items need is about to be made again. */
type Reset = (selector: Selector, how: ChangeItemsOptions) => Promise<void>;

/**
 * Starts over the predecessors of a selection whose results were removed, from above to below, and then the selection
 * itself, with `reset`: in this order nothing is released while what it needs is missing. `following`: `reset` also
 * starts over what follows the selection, which needs results of other predecessors.
 */
export async function resetPreceding(
  table: Table,
  selector: Selector,
  { options, reset, following }: { options: ResetOptions; reset: Reset; following: boolean },
  { tell, ...how }: ChangeItemsOptions,
): Promise<void> {
  const selected: string[] = [];
  // the ids of a selection can be read only once
  await changeItems(table, selector, toReset(options), {
    ...how,
    dryRun: true,
    tell: (one) => {
      if (one.result !== "changed") return tell(one);
      selected.push(one.itemID);
      return undefined;
    },
  });
  const again = toReset({ tasks: "all", restart: true, force: options.force ?? false });
  const followers = following ? (await followersOf(table, selected)).flat() : [];
  const own = new Set([...selected, ...followers.map(({ itemId }) => itemId)]);
  for (const level of await removedBefore(table, own, how.dryRun ? "look" : "keep")) {
    if (how.signal?.aborted) return;
    const ids = level.filter((itemId) => !own.has(itemId));
    if (ids.length > 0) await changeItems(table, { ids }, again, { ...how, tell: (one) => tell(one, "all") });
  }
  if (selected.length > 0 && !how.signal?.aborted) await reset({ ids: selected }, { ...how, tell });
}
