import { escapeKeyPart, escapePathPart, unescapeKeyPart } from "../ids.ts";
import { type Dependencies, NONE_MAY_FAIL, type Waiting } from "../items/dependencies.ts";

/*
 * Where the index lists a waiting item: `<step>#waiting#<shard of itemID>`, range `<target>#<epoch>#<itemID>`. The
 * target is one thing that the item waits for:
 *
 *   a#<step>#<AllowFailed>   all items of a step; `+` follows AllowFailed if the item waits for other things too
 *   s#<step>#<TaskID>        the items of the same sample in a step
 *   i#<itemID>               an item
 *
 * TaskIDs and itemIDs that are long once escaped are cut and get a hash, because a sort key has at most 1,024 bytes.
 */

/** A parsed target. `sample` and `item` stay escaped, because targets are only ever compared. */
export type Target =
  | { kind: "all"; step: string; allowFailed: string; isOnly: boolean }
  | { kind: "sample"; step: string; sample: string }
  | { kind: "item"; item: string };

export function waitingKey(step: string, shard: number): string {
  return `${escapeKeyPart(step)}#waiting#${shard}`;
}

/** The prefix of the targets of all items that wait for all items of a step. */
export function allPrefix(step: string): string {
  return `a#${escapeKeyPart(step)}#`;
}

export function allTarget(step: string, dependencies: Dependencies): string {
  const { after = [], afterAll = [], afterItems = [], allowFailed = NONE_MAY_FAIL } = dependencies;
  const isOnly = after.length === 0 && afterItems.length === 0 && afterAll.length === 1;
  return `${allPrefix(step)}${escapeKeyPart(allowFailed)}${isOnly ? "" : "+"}`;
}

/** The prefix of the targets of all items that wait for their sample's items in a step. */
export function samplePrefix(step: string): string {
  return `s#${escapeKeyPart(step)}#`;
}

export function sampleTarget(step: string, taskId: string): string {
  return `${samplePrefix(step)}${escapePathPart(taskId)}`;
}

export function itemTarget(itemId: string): string {
  return `i#${escapePathPart(itemId)}`;
}

/**
 * What an item waits for first: all items of a step if it names one, otherwise its sample's items, otherwise another
 * item.
 */
export function firstTarget(dependencies: Dependencies, taskId: string): string {
  const { after = [], afterAll = [], afterItems = [] } = dependencies;
  if (afterAll[0] !== undefined) return allTarget(afterAll[0], dependencies);
  if (after[0] !== undefined) return sampleTarget(after[0], taskId);
  if (afterItems[0] !== undefined) return itemTarget(afterItems[0]);
  throw new TypeError("an item that waits for nothing has no target");
}

export function waitingSort({ target, epoch }: Waiting, itemId: string): string {
  return `${target}#${epoch}#${itemId}`;
}

/** Reads the sort key of a waiting item. */
export function parseWaitingSort(stateSort: string): Waiting {
  const ends = stateSort.startsWith("i#") ? 2 : 3;
  let at = -1;
  for (let part = 0; part < ends; part++) at = stateSort.indexOf("#", at + 1);
  const end = stateSort.indexOf("#", at + 1);
  if (at < 0 || end < 0) throw new TypeError(`not the sort key of a waiting item: ${stateSort}`);
  return { target: stateSort.slice(0, at), epoch: Number(stateSort.slice(at + 1, end)) };
}

export function parseTarget(target: string): Target {
  const [kind, first = "", second = ""] = target.split("#");
  if (kind === "i") return { kind: "item", item: first };
  const step = unescapeKeyPart(first);
  if (kind === "s") return { kind: "sample", step, sample: second };
  const isOnly = !second.endsWith("+");
  return { kind: "all", step, allowFailed: unescapeKeyPart(isOnly ? second : second.slice(0, -1)), isOnly };
}

/** A number that no earlier wait of the item used, even if it was deleted and added again in between. */
export function newWaitEpoch({ now, random }: { now: () => number; random: () => number }, earlier = 0): number {
  return Math.max(earlier + 1, Math.trunc(now()) * 1_000 + Math.floor(random() * 1_000));
}
