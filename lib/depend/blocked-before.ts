import { chunksOf } from "../flow/chunks-of.ts";
import type { Table } from "../table.ts";
import { decide, isUnfinished, partsOf } from "./decide.ts";
import { readWatchers } from "./read-watchers.ts";
import { type Predecessor, readSnapshot, type Snapshot } from "./snapshot.ts";
import { toleratesFailures, type Watcher } from "./watcher.ts";

/** How many items are read together. */
const CHUNK = 64;

/**
 * Adds to a snapshot which of its waiting items are blocked, if a watcher tolerates some failures: a sample that failed
 * in an early step never ends in a later one. Reads nothing unless waiting items are all that is unfinished there.
 */
export async function withBlocked(table: Table, watchers: readonly Watcher[], snapshot: Snapshot): Promise<Snapshot> {
  const search = new Search(table);
  const parts = watchers.flatMap((watcher) =>
    // with a share, a step with few items tolerates no failures; once more items are added it may
    partsOf(watcher, snapshot).filter(({ isWhole }) => isWhole && toleratesFailures(watcher)),
  );
  for (const found of new Set(parts.map((part) => part.found))) await search.lookThrough(found);
  return search.blocked.size > 0 ? { ...snapshot, blocked: search.blocked } : snapshot;
}

/** Whether an item waits in vain: what it waits for has failed or itself waits in vain. */
export async function isBlockedNow(table: Table, itemId: string): Promise<boolean> {
  const search = new Search(table);
  await search.decideAbout([itemId]);
  return search.blocked.has(itemId);
}

/** Goes back from waiting items to what they wait for, until it finds something unfinished. */
class Search {
  readonly blocked = new Set<string>();
  readonly #table: Table;
  readonly #seen = new Set<string>();

  constructor(table: Table) {
    this.#table = table;
  }

  /** Stops at the first item that is not blocked: then something is unfinished, and that is all we need to know. */
  async lookThrough(found: readonly Predecessor[]): Promise<void> {
    const unfinished = found.filter(isUnfinished);
    if (unfinished.some(({ state }) => state !== "waiting")) return;
    for (const chunk of chunksOf(unfinished, CHUNK)) {
      await this.decideAbout(chunk.map(({ itemId }) => itemId).filter((itemId) => !this.#seen.has(itemId)));
      if (chunk.some(({ itemId }) => !this.blocked.has(itemId))) return;
    }
  }

  /** Finds out which of these items, and of those that they wait for, are blocked. */
  async decideAbout(itemIds: readonly string[]): Promise<void> {
    for (const itemId of itemIds) this.#seen.add(itemId);
    const watchers = await readWatchers(this.#table, itemIds);
    const snapshot = await readSnapshot(this.#table, watchers);
    for (const watcher of watchers) {
      for (const { found } of partsOf(watcher, snapshot)) await this.lookThrough(found);
    }
    const known = { ...snapshot, blocked: this.blocked };
    for (const watcher of watchers) if (decide(watcher, known).kind === "blocked") this.blocked.add(watcher.itemId);
  }
}
