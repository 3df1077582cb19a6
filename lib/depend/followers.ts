import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { type Dependencies, dependenciesOf } from "../items/dependencies.ts";
import type { ItemState } from "../items/states.ts";
import { ATTR } from "../store/attributes.ts";
import { membersOfSample, membersOfStep } from "../store/members.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import type { StepLinks } from "../store/settings.ts";
import type { Table } from "../table.ts";

/** An item that waits, or waited, for others. */
export interface Follower {
  itemId: string;
  taskId: string;
  step: string;
  state: ItemState;
  /** when it was last claimed; of one that came without a claim, when it ended */
  claimedAtMs?: number;
  dependencies: Dependencies;
}

type Followed = Pick<Follower, "itemId" | "taskId" | "step">;

const WIDTH = 16;
/** With more samples than this, all members of a step are read. */
const MANY_SAMPLES = 100;

/** Whether items of these steps may have followers, according to the settings. */
export function mayHaveFollowers(links: ReadonlyMap<string, StepLinks>, steps: Iterable<string>): boolean {
  const wanted = new Set(steps);
  return [...links.values()].some(
    ({ after, afterAll, afterItems }) => afterItems || [...after, ...afterAll].some((step) => wanted.has(step)),
  );
}

/**
 * All items that follow the given ones, directly or not, in levels: each comes after everything in here that it
 * follows, so they can be started over in this order. Reads the members of the steps that follow, and their items.
 */
export async function followersOf(table: Table, itemIds: readonly string[]): Promise<Follower[][]> {
  const search = new Search(table);
  const seeds = await search.read(itemIds);
  const levels = new Map<string, { level: number; follower: Follower }>();
  let frontier: Followed[] = seeds;
  // an item may be found again further down; there are no cycles, but a limit costs nothing
  for (let level = 0; frontier.length > 0 && level <= levels.size + 1; level++) {
    const found = await search.behind(frontier);
    for (const follower of found) levels.set(follower.itemId, { level, follower });
    frontier = found;
  }
  const byLevel = Map.groupBy(levels.values(), ({ level }) => level);
  return [...byLevel].sort(([a], [b]) => a - b).map(([, those]) => those.map(({ follower }) => follower));
}

/** All items that directly wait, or waited, for one of these items, as they are now (strongly consistent). */
export async function directFollowersOf(table: Table, items: readonly Followed[]): Promise<Follower[]> {
  // also takes into account what others may have begun to wait for since
  await table.settings.get(0);
  return await new Search(table).behind(items);
}

/** Finds followers, and reads each item once. */
class Search {
  readonly #table: Table;
  readonly #known = new Map<string, Follower>();

  constructor(table: Table) {
    this.#table = table;
  }

  async read(itemIds: readonly string[]): Promise<Follower[]> {
    const missing = itemIds.filter((itemId) => !this.#known.has(itemId));
    await sideBySide(chunksOf(missing, ROWS_A_READ), WIDTH, async (chunk) => {
      for (const row of await readItemRows(this.#table, chunk)) {
        const item = rowToItem(row);
        const { itemId, taskId, step, state } = item;
        const claimedAtMs = Date.parse(String(row[ATTR.lockDate])) || item.endedAtMs;
        const claimed = claimedAtMs !== undefined && { claimedAtMs };
        this.#known.set(itemId, { itemId, taskId, step, state, ...claimed, dependencies: dependenciesOf(item) });
      }
    });
    return itemIds.flatMap((itemId) => this.#known.get(itemId) ?? []);
  }

  /** The items that wait for any of these. */
  async behind(followed: readonly Followed[]): Promise<Follower[]> {
    const { links } = await this.#table.settings.get();
    const samples = new Map<string, Set<string>>();
    const items = new Set(followed.map(({ itemId }) => itemId));
    for (const { step, taskId } of followed) samples.set(step, (samples.get(step) ?? new Set()).add(taskId));
    const found = await sideBySide([...links], 1, async ([step, links]) => {
      const ids = await this.#candidates(step, links, samples);
      return (await this.read(ids)).filter(({ dependencies, taskId }) => {
        const { after = [], afterAll = [], afterItems = [] } = dependencies;
        return (
          after.some((before) => samples.get(before)?.has(taskId)) ||
          afterAll.some((before) => samples.has(before)) ||
          afterItems.some((itemId) => items.has(itemId))
        );
      });
    });
    return found.flat();
  }

  /** The members of a step that may be followers. */
  async #candidates(step: string, links: StepLinks, samples: ReadonlyMap<string, ReadonlySet<string>>) {
    const shards = await this.#table.settings.shards();
    const taskIds = new Set(links.after.flatMap((before) => [...(samples.get(before) ?? [])]));
    const isWhole = links.afterItems || links.afterAll.some((before) => samples.has(before));
    if (isWhole || taskIds.size > MANY_SAMPLES) return idsOf(await membersOfStep(this.#table, step, shards));
    const members = await sideBySide(taskIds, WIDTH, (taskId) =>
      membersOfSample(this.#table, { step, taskId }, shards),
    );
    return idsOf(members.flat());
  }
}

function idsOf(members: readonly { itemId: string }[]): string[] {
  return [...new Set(members.map(({ itemId }) => itemId))];
}
