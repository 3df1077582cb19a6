import { decide, type Part, partsOf } from "../depend/decide.ts";
import { readWatchers } from "../depend/read-watchers.ts";
import { type Predecessor, readSnapshot } from "../depend/snapshot.ts";
import type { Watcher } from "../depend/watcher.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { toleratedOf } from "../items/dependencies.ts";
import type { ItemState } from "../items/states.ts";
import type { Table } from "../table.ts";
import { WaitsAmongItems } from "./circle.ts";

/** What waiting items ultimately wait for: none of this is itself waiting. */
export interface Roots {
  /** items that are not done, by itemID */
  items: ReadonlyMap<string, Predecessor>;
  /** what has not been added yet, or is being added */
  missing: readonly Missing[];
  /** number of waiting items that were followed */
  looked: number;
  /** there are more of them than are followed */
  isCut: boolean;
  /** waiting items that wait for each other: `[a, b, a]` */
  circle?: readonly string[];
}

/** Something that a waiting item names and that does not exist, or not completely. */
export interface Missing {
  kind: "not added" | "importing";
  part: Part;
  /** the item that waits for it */
  watcher: Watcher;
  /** of an import: when it last signaled that it is running */
  seenMs?: number;
}

/** A waiting item, and what it waits for that is not done. */
export interface Wait {
  watcher: Watcher;
  open: readonly OpenPart[];
  isBlocked: boolean;
}

/** One thing that is not done: how many of its items are in each state, and whether an import is adding to it. */
export interface OpenPart {
  part: Part;
  /** by state: how many of its items are not done */
  states: ReadonlyMap<ItemState, number>;
  isImporting: boolean;
}

/** How many waiting items are followed: reading them costs a read unit each, plus one for each item that they name. */
const MOST = 1_000;
/** How many waiting items are read together. */
const CHUNK = 200;

/** What these waiting items wait for, in the given order; skips items that are not waiting. */
export async function waitsOf(table: Table, itemIds: readonly string[]): Promise<Wait[]> {
  const watchers = await readWatchers(table, itemIds);
  const snapshot = await readSnapshot(table, watchers);
  return watchers.map((watcher) => ({
    watcher,
    isBlocked: decide(watcher, snapshot).kind === "blocked",
    open: partsOf(watcher, snapshot)
      .map((part) => ({
        part,
        states: statesOf(openIn(part, watcher)),
        isImporting: (snapshot.gates.get(part.step ?? "")?.running.size ?? 0) > 0 && part.step !== undefined,
      }))
      .filter(({ part, states, isImporting }) => states.size > 0 || isImporting || part.found.length === 0),
  }));
}

/** Follows waiting items to what is not itself waiting. All reads are consistent. */
export async function rootsOf(table: Table, itemIds: readonly string[]): Promise<Roots> {
  const items = new Map<string, Predecessor>();
  const missing = new Map<string, Missing>();
  const seen = new Set(itemIds.slice(0, MOST));
  const waits = new WaitsAmongItems();
  let isCut = itemIds.length > MOST;
  let frontier = [...seen];
  while (frontier.length > 0) {
    const next = new Set<string>();
    for (const chunk of chunksOf(frontier, CHUNK)) {
      const watchers = await readWatchers(table, chunk);
      const snapshot = await readSnapshot(table, watchers);
      for (const watcher of watchers) {
        for (const part of partsOf(watcher, snapshot)) {
          const running = part.step === undefined ? undefined : snapshot.gates.get(part.step)?.running;
          if (running && running.size > 0) {
            const seenMs = Math.max(...running.values());
            missing.set(`importing ${part.target}`, { kind: "importing", part, watcher, seenMs });
          } else if (part.found.length === 0) {
            missing.set(`not added ${part.target}`, { kind: "not added", part, watcher });
          }
          const open = openIn(part, watcher);
          waits.add(watcher.itemId, part.target, open);
          for (const one of open) {
            if (one.state !== "waiting") items.set(one.itemId, one);
            else if (seen.size < MOST || seen.has(one.itemId)) next.add(one.itemId);
            else isCut = true;
          }
        }
      }
    }
    frontier = [...next].filter((itemId) => !seen.has(itemId));
    for (const itemId of frontier) seen.add(itemId);
  }
  const circle = waits.circleFrom(itemIds.slice(0, MOST));
  return { items, missing: [...missing.values()], looked: seen.size, isCut, ...(circle && { circle }) };
}

/** The items of a part that keep a watcher waiting; failed ones count only if there are too many. */
function openIn({ found, isWhole }: Part, { dependencies }: Watcher): Predecessor[] {
  const failed = found.filter(({ state }) => state === "failed");
  const isTolerated = failed.length <= (isWhole ? toleratedOf(dependencies.allowFailed, found.length) : 0);
  return found.filter(({ state }) => state !== "done" && !(state === "failed" && isTolerated));
}

function statesOf(items: readonly Predecessor[]): Map<ItemState, number> {
  const states = new Map<ItemState, number>();
  for (const { state } of items) states.set(state, (states.get(state) ?? 0) + 1);
  return states;
}
