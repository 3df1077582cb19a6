import { escapeKeyPart } from "../ids.ts";
import { ITEM_STATES, type ItemState } from "../items/states.ts";
import { lockedKey, lockedPrefix, shardOf } from "../store/keys.ts";
import { partitionsOf } from "../store/list-entries.ts";
import type { Settings } from "../store/settings.ts";
import type { Selector } from "./selector.ts";

/** A part of the index to read. */
export interface Range {
  state: ItemState;
  stateKey: string;
  sortPrefix?: string;
}

/**
 * The ranges of the index that can hold a selection, in groups: read each group to its end before the next. A reader
 * that moves the items to another state passes that state as `first`. Items get there, some by way of `held`, so these
 * two states are read first and no item is met twice. Without `first`, all ranges form one group.
 */
export function rangesOf(settings: Settings, selector: Selector, first?: ItemState): Range[][] {
  return first === undefined ? [groupsOf(settings, selector, "todo").flat()] : groupsOf(settings, selector, first);
}

/** Where an item that waits for others goes instead of `todo`. */
const WAITS: readonly ItemState[] = ["waiting"];

function groupsOf(settings: Settings, selector: Selector, first: ItemState): Range[][] {
  const order = [...new Set<ItemState>([...(first === "todo" ? WAITS : []), first, "held", ...ITEM_STATES])];
  return order.filter((state) => mayBeIn(state, selector)).flatMap((state) => groupsIn(settings, selector, state));
}

/** Only locked items have a job, waiting items have no date, and only failed items are in a group. */
function mayBeIn(state: ItemState, { states, blocked, job, olderThanMs, group }: Selector): boolean {
  if (states && !states.includes(state)) return false;
  if (blocked === true && !states && state !== "waiting") return false;
  if (group !== undefined && state !== "failed") return false;
  if (job !== undefined && state !== "locked") return false;
  return olderThanMs === undefined || (state !== "todo" && state !== "waiting");
}

function groupsIn(settings: Settings, { steps, job }: Selector, state: ItemState): Range[][] {
  if (state === "locked" && job !== undefined) return [jobRanges(settings, job)];
  const keys = partitionsOf(settings, { states: [state], ...(steps && { steps }) });
  const ranges = keys.map((stateKey) => ({ state, stateKey }));
  if (state !== "todo") return [ranges];
  // a retry that is started over moves from `later` to a shard, so read the shards first
  const isLater = ({ stateKey }: Range) => stateKey.endsWith("#later");
  return [ranges.filter((range) => !isLater(range)), ranges.filter(isLater)];
}

/**
 * The items that a job has locked are in one range; those of an array job's children (`<id>:<index>`) may be in any.
 */
function jobRanges(settings: Settings, job: string): Range[] {
  const own = { stateKey: lockedKey(shardOf(job, settings.shards)), sortPrefix: lockedPrefix(job) };
  const children = Array.from({ length: settings.shards }, (_, shard) => ({
    stateKey: lockedKey(shard),
    sortPrefix: escapeKeyPart(`${job}:`),
  }));
  return [own, ...children].map((range) => ({ state: "locked", ...range }));
}
