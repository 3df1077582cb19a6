import { evaluateItems } from "../depend/evaluate.ts";
import { followersOf, mayHaveFollowers } from "../depend/followers.ts";
import type { Selector } from "../select/selector.ts";
import type { Table } from "../table.ts";
import { type ChangeItemsOptions, changeItems } from "./change-items.ts";
import { type ResetOptions, toReset } from "./reset.ts";

/**
 * Starts items over, and then everything that follows them, level by level from the top, so that no old result releases
 * anything. Waiting followers are started over too, because someone may be about to release them. Locked ones are left
 * alone and reported, unless `force`.
 */
export async function resetFollowing(
  table: Table,
  selector: Selector,
  options: ResetOptions,
  { tell, ...how }: ChangeItemsOptions,
): Promise<void> {
  const waiting: string[] = [];
  const waits = (itemId: string) => void waiting.push(itemId);
  const reset: string[] = [];
  const seen = new Set<string>();
  try {
    await changeItems(table, selector, toReset(options), {
      ...how,
      waits,
      tell: (one) => {
        seen.add(one.itemID);
        if (one.result === "changed") reset.push(one.itemID);
        return tell(one);
      },
    });
    const again = toReset({ tasks: "all", restart: true, force: options.force ?? false });
    for (const level of await followersOf(table, reset)) {
      if (how.signal?.aborted) break;
      const ids = level.map(({ itemId }) => itemId);
      await changeItems(table, { ids }, again, {
        ...how,
        waits,
        tell: (one) => (seen.has(one.itemID) ? undefined : tell(one, "all")),
      });
    }
  } finally {
    await evaluateItems(table, waiting);
  }
}

/** How many done or locked items follow these, and so used results of items that have now been started over. */
export async function countFollowersDone(table: Table, itemIds: readonly string[], steps: readonly string[]) {
  const { links } = await table.settings.get();
  if (itemIds.length === 0 || !mayHaveFollowers(links, steps)) return 0;
  const followers = (await followersOf(table, itemIds)).flat();
  return followers.filter(({ state }) => state === "done" || state === "locked").length;
}
