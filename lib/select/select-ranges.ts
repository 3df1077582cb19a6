import { escapeKeyPart } from "../ids.ts";
import { ITEM_STATES, type ItemState } from "../items/states.ts";
import { lockedKey, lockedPrefix, shardOf } from "../store/keys.ts";
import { partitionsOf } from "../store/list-entries.ts";
import type { Settings } from "../store/settings.ts";
import type { Selector } from "./selector.ts";

/** A part of the index to be read. */
export interface Range {
  state: ItemState;
  stateKey: string;
  sortPrefix?: string;
}

/**
 * The ranges of the index in which a selection can lie, in groups: each is read to its end before the next. Items that
 * are moved while they are read go to `first`, or by way of `held`; these come first, so that none is met twice. Who
 * moves none names no `first`: all ranges are one group.
 */
export function rangesOf(settings: Settings, selector: Selector, first?: ItemState): Range[][] {
  return first === undefined ? [groupsOf(settings, selector, "todo").flat()] : groupsOf(settings, selector, first);
}

function groupsOf(settings: Settings, selector: Selector, first: ItemState): Range[][] {
  const order = [...new Set<ItemState>([first, "held", ...ITEM_STATES])];
  return order.filter((state) => mayHold(state, selector)).flatMap((state) => groupsIn(settings, selector, state));
}

/** Only locked items are held by a job, and one that waits has no date. */
function mayHold(state: ItemState, { states, job, olderThanMs }: Selector): boolean {
  if (states && !states.includes(state)) return false;
  if (job !== undefined && state !== "locked") return false;
  return olderThanMs === undefined || state !== "todo";
}

function groupsIn(settings: Settings, { steps, job }: Selector, state: ItemState): Range[][] {
  if (state === "locked" && job !== undefined) return [jobRanges(settings, job)];
  const keys = partitionsOf(settings, { states: [state], ...(steps && { steps }) });
  const ranges = keys.map((stateKey) => ({ state, stateKey }));
  if (state !== "todo") return [ranges];
  // a retry that is started over goes from `later` to a shard
  const isLater = ({ stateKey }: Range) => stateKey.endsWith("#later");
  return [ranges.filter((range) => !isLater(range)), ranges.filter(isLater)];
}

/** What a job holds lies in one range; what the children of an array job (`<id>:<index>`) hold, anywhere. */
function jobRanges(settings: Settings, job: string): Range[] {
  const own = { stateKey: lockedKey(shardOf(job, settings.shards)), sortPrefix: lockedPrefix(job) };
  const children = Array.from({ length: settings.shards }, (_, shard) => ({
    stateKey: lockedKey(shard),
    sortPrefix: escapeKeyPart(`${job}:`),
  }));
  return [own, ...children].map((range) => ({ state: "locked", ...range }));
}
