import { hash } from "node:crypto";
import { escapeKeyPart, unescapeKeyPart } from "../ids.ts";
import type { Lock } from "../items/item.ts";
import { ITEM_SETTINGS } from "../items/item-settings.ts";
import { ITEM_STATES, type ItemState } from "../items/states.ts";
import { ATTR, type Row } from "./attributes.ts";
import { ITEM_ROW } from "./schema.ts";

/*
 * The computed keys of the state index:
 *
 *   state               hash                       range
 *   todo                <step>#todo#<shard>        <9 - priority>#<hash of itemID>#<itemID>
 *   todo, not ready yet <step>#later               <readyAt>#<itemID>
 *   locked              locked#<shard of job>      <job id>#<job attempt>#<itemID>
 *   done, failed, held  <step>#<state>#<shard>     <date>#<itemID>
 *
 * Parts are escaped, so that a `#` in an id cannot be taken for a separator; itemID stands last and needs no escape.
 */

/** Keys of one entry in the state index. */
export interface StateKeys {
  stateKey: string;
  stateSort: string;
}

/** The highest priority a row may have; higher is claimed first. */
export const MAX_PRIORITY = ITEM_SETTINGS.priority.max;
/** What an item has that names none. */
export const DEFAULT_PRIORITY = 5;

/** Milliseconds since the epoch have 13 digits until the year 2286; 15 keep text order and number order the same. */
const MS_DIGITS = 15;

/** The key of an item's own row. */
export function itemKey(itemId: string): Row {
  return { [ATTR.itemId]: itemId, [ATTR.taskKey]: ITEM_ROW };
}

/** The key of a nested task's own row. */
export function taskRowKey(itemId: string, taskKey: string): Row {
  return { [ATTR.itemId]: itemId, [ATTR.taskKey]: taskKey };
}

let lastDigest: { of: string; is: string } = { of: "", is: hash("md5", "") };

/** 32 hexadecimal digits, for spreading only. The last one is kept: shard and spread of an item are asked in turn. */
function digest(text: string): string {
  if (lastDigest.of !== text) lastDigest = { of: text, is: hash("md5", text) };
  return lastDigest.is;
}

/** Which of `shards` shards an id falls into. */
export function shardOf(id: string, shards: number): number {
  return Number.parseInt(digest(id).slice(0, 8), 16) % shards;
}

/** Eight hexadecimal digits that spread the items of a shard over its range. */
export function spreadOf(itemId: string): string {
  return digest(itemId).slice(8, 16);
}

/** The range part of a priority: ascending order is the order of claiming. */
export function priorityBand(priority: number): string {
  return String(MAX_PRIORITY - priority);
}

export function todoKey(step: string, shard: number): string {
  return `${escapeKeyPart(step)}#todo#${shard}`;
}

export function laterKey(step: string): string {
  return `${escapeKeyPart(step)}#later`;
}

export function lockedKey(shard: number): string {
  return `locked#${shard}`;
}

export function endedKey(step: string, state: "done" | "failed" | "held", shard: number): string {
  return `${escapeKeyPart(step)}#${state}#${shard}`;
}

/** The range that all items locked by a job share; with `jobAttempt`, by that attempt of it. */
export function lockedPrefix(instance: string, jobAttempt?: number): string {
  return `${escapeKeyPart(instance)}#${jobAttempt === undefined ? "" : `${jobAttempt}#`}`;
}

/** Milliseconds since the epoch as text that sorts as the number does. */
export function sortableMs(ms: number): string {
  return String(Math.max(0, Math.trunc(ms))).padStart(MS_DIGITS, "0");
}

/** What of an item its index keys are made of. */
export interface Keyed {
  itemId: string;
  step: string;
  state: ItemState;
  /** needed only for `todo` */
  priority?: number | undefined;
  readyAtMs?: number | undefined;
  endedAtMs?: number | undefined;
  lock?: Pick<Lock, "instance" | "jobAttempt"> | undefined;
}

/** The index keys that belong to an item as it is. `shards` is the number that the table was made with. */
export function stateKeys(item: Keyed, shards: number): StateKeys {
  return { stateKey: stateKeyOf(item, shards), stateSort: stateSortOf(item) };
}

/** The hash part of {@link stateKeys}. */
export function stateKeyOf(item: Keyed, shards: number): string {
  switch (item.state) {
    case "todo":
      return item.readyAtMs === undefined ? todoKey(item.step, shardOf(item.itemId, shards)) : laterKey(item.step);
    case "locked":
      return lockedKey(shardOf(lockOf(item).instance, shards));
    case "done":
    case "failed":
    case "held":
      return endedKey(item.step, item.state, shardOf(item.itemId, shards));
    default:
      return item.state satisfies never;
  }
}

/** The range part of {@link stateKeys}. */
export function stateSortOf(item: Keyed): string {
  switch (item.state) {
    case "todo":
      return item.readyAtMs === undefined
        ? `${priorityBand(priorityOf(item))}#${spreadOf(item.itemId)}#${item.itemId}`
        : `${sortableMs(item.readyAtMs)}#${item.itemId}`;
    case "locked": {
      const { instance, jobAttempt } = lockOf(item);
      return `${lockedPrefix(instance, jobAttempt)}${item.itemId}`;
    }
    case "done":
    case "failed":
    case "held":
      return `${sortableMs(item.endedAtMs ?? 0)}#${item.itemId}`;
    default:
      return item.state satisfies never;
  }
}

function priorityOf({ itemId, priority }: Keyed): number {
  if (priority !== undefined) return priority;
  throw new TypeError(`item ${itemId} needs a priority`);
}

function lockOf({ itemId, lock }: Keyed): NonNullable<Keyed["lock"]> {
  if (lock) return lock;
  throw new TypeError(`item ${itemId} is locked, but by nobody`);
}

/** What all entries of one partition of the index have in common. */
export interface Partition {
  state: ItemState;
  /** absent for locked items: every step's lie in the same partitions */
  step?: string;
  /** retries that are not ready yet */
  isLater: boolean;
}

/** What the hash part of index keys says. */
export function parseStateKey(stateKey: string): Partition {
  const [first = "", second = ""] = stateKey.split("#");
  // a step may be called "locked" too, but what follows a step's name is never a bare number
  if (first === "locked" && /^\d+$/.test(second)) return { state: "locked", isLater: false };
  const step = unescapeKeyPart(first);
  if (second === "later") return { state: "todo", step, isLater: true };
  const state = ITEM_STATES.find((known) => known === second);
  if (!state) throw new TypeError(`not a key of the state index: ${stateKey}`);
  return { state, step, isLater: false };
}

/** What the range part of index keys carries in such a partition. */
export function parseStateSort(
  { state, isLater }: Partition,
  stateSort: string,
): { readyAtMs?: number; endedAtMs?: number; instance?: string; jobAttempt?: number } {
  if (state === "todo" && !isLater) return {};
  const end = stateSort.indexOf("#");
  const head = stateSort.slice(0, end);
  if (isLater) return { readyAtMs: Number(head) };
  if (state !== "locked") return { endedAtMs: Number(head) };
  const attempt = stateSort.slice(end + 1, stateSort.indexOf("#", end + 1));
  return { instance: unescapeKeyPart(head), jobAttempt: Number(attempt) };
}
