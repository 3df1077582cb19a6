import { hash } from "node:crypto";
import { escapeKeyPart, unescapeKeyPart } from "../ids.ts";
import type { Waiting } from "../items/dependencies.ts";
import type { Lock } from "../items/item.ts";
import { ITEM_SETTINGS } from "../items/item-settings.ts";
import { ITEM_STATES, type ItemState } from "../items/states.ts";
import { ATTR, type Row } from "./attributes.ts";
import { ITEM_ROW } from "./schema.ts";
import { waitingKey, waitingSort } from "./waiting-keys.ts";

/*
 * The keys of the state index, which are computed from an item:
 *
 *   state               hash                       range
 *   waiting             <step>#waiting#<shard>     <target>#<epoch>#<itemID>: see waiting-keys.ts
 *   todo                <step>#todo#<shard>        <9 - priority>#<hash of itemID>#<itemID>
 *   todo, not ready yet <step>#later               <readyAt>#<itemID>
 *   locked              locked#<shard of job>      <job id>#<job attempt>#<itemID>
 *   done, failed, held  <step>#<state>#<shard>     <date>#<itemID>
 *
 * Parts are escaped, so that a `#` in an id is not taken for a separator. The itemID comes last and needs no escape.
 */

/** Keys of one entry in the state index. */
export interface StateKeys {
  stateKey: string;
  stateSort: string;
}

/** The highest priority a row may have; higher is claimed first. */
export const MAX_PRIORITY = ITEM_SETTINGS.priority.max;
/** The priority of an item that sets none. */
export const DEFAULT_PRIORITY = 5;

/** Milliseconds since the epoch have 13 digits until the year 2286. Padded to 15, the text sorts in numeric order. */
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

/**
 * 32 hexadecimal digits, for spreading only. Caches the last digest, because shard and spread are computed one after
 * the other.
 */
function digest(text: string): string {
  if (lastDigest.of !== text) lastDigest = { of: text, is: hash("md5", text) };
  return lastDigest.is;
}

/** Which of `shards` shards an id falls into. */
export function shardOf(id: string, shards: number): number {
  return Number.parseInt(digest(id).slice(0, 8), 16) % shards;
}

/** Eight hexadecimal digits that spread the items of a shard evenly over its key range. */
function spreadOf(itemId: string): string {
  return digest(itemId).slice(8, 16);
}

/** How a priority is written in sort keys: ascending order is the order of claiming. */
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

/**
 * The prefix that the sort keys of all items locked by a job share, or by one attempt of it if `jobAttempt` is given.
 */
export function lockedPrefix(instance: string, jobAttempt?: number): string {
  return `${escapeKeyPart(instance)}#${jobAttempt === undefined ? "" : `${jobAttempt}#`}`;
}

/** Milliseconds since the epoch as text that sorts in numeric order. */
export function sortableMs(ms: number): string {
  return String(Math.max(0, Math.trunc(ms))).padStart(MS_DIGITS, "0");
}

/** The fields of an item that determine its index keys. */
export interface Keyed {
  itemId: string;
  step: string;
  state: ItemState;
  /** needed only for `todo` */
  priority?: number | undefined;
  readyAtMs?: number | undefined;
  endedAtMs?: number | undefined;
  lock?: Pick<Lock, "instance" | "jobAttempt"> | undefined;
  waiting?: Waiting | undefined;
}

/** The index keys of an item in its current state. `shards` is fixed for the table. */
export function stateKeys(item: Keyed, shards: number): StateKeys {
  return { stateKey: stateKeyOf(item, shards), stateSort: stateSortOf(item) };
}

/** The hash part of {@link stateKeys}. */
export function stateKeyOf(item: Keyed, shards: number): string {
  switch (item.state) {
    case "waiting":
      return waitingKey(item.step, shardOf(item.itemId, shards));
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
    case "waiting":
      return waitingSort(waitingOf(item), item.itemId);
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
  throw new TypeError(`item ${itemId} is locked without a lock`);
}

function waitingOf({ itemId, waiting }: Keyed): Waiting {
  if (waiting) return waiting;
  throw new TypeError(`item ${itemId} waits for nothing`);
}

/** What all entries of one partition of the index have in common. */
export interface Partition {
  state: ItemState;
  /** absent for locked items: all steps share the same partitions */
  step?: string;
  /** retries that are not ready yet */
  isLater: boolean;
}

/** Reads the hash part of index keys. */
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

/** Reads the range part of index keys in a partition. */
export function parseStateSort(
  { state, isLater }: Partition,
  stateSort: string,
): { readyAtMs?: number; endedAtMs?: number; instance?: string; jobAttempt?: number } {
  if (state === "waiting" || (state === "todo" && !isLater)) return {};
  const end = stateSort.indexOf("#");
  const head = stateSort.slice(0, end);
  if (isLater) return { readyAtMs: Number(head) };
  if (state !== "locked") return { endedAtMs: Number(head) };
  const attempt = stateSort.slice(end + 1, stateSort.indexOf("#", end + 1));
  return { instance: unescapeKeyPart(head), jobAttempt: Number(attempt) };
}
