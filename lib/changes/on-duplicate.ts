import { hasSameDependencies } from "../items/dependencies.ts";
import { hasSameHandover } from "../items/handover.ts";
import type { Item } from "../items/item.ts";
import { SETTING_SPECS, type SettingField } from "../items/item-settings.ts";
import type { NewItem } from "../items/new-item.ts";
import { isAbandoned, isIncomplete } from "../items/parked.ts";
import { DEFAULT_PRIORITY } from "../store/keys.ts";
import { hashOf, scriptsOfTasks } from "../store/put-item.ts";

/** What to do with an itemID that already exists; `…-changed`: only if the new row differs. */
export type OnDuplicate = "skip" | "reset" | "retry" | "reset-changed" | "retry-changed";

/** What to do with an item that differs from its new row; the others are left alone. */
export const ON_CHANGED = ["keep", "retry", "reset"] as const;
export type OnChanged = (typeof ON_CHANGED)[number];

/** The rule for items that already exist, from two options, at most one of which is given. */
export function ruleFor<Rule extends string>(
  onDuplicate: Rule,
  onChanged: OnChanged | undefined,
): Rule | "retry-changed" | "reset-changed" {
  return onChanged === undefined || onChanged === "keep" ? onDuplicate : `${onChanged}-changed`;
}

/** Whether done items are left alone. */
export function isRetry(onDuplicate: OnDuplicate): boolean {
  return onDuplicate === "retry" || onDuplicate === "retry-changed";
}

/**
 * What happens to an item that already exists. `take over`: its import died halfway; `restart`: it starts over with the
 * new row's fields; `change`: it is waiting, and takes the new row's fields; `locked`: it should change, but someone
 * else has it.
 */
export type Plan = "take over" | "restart" | "change" | "leave" | "locked";

/** Decides what happens to an existing item when a row with its itemID is added. */
export function planFor(old: Item, item: NewItem, onDuplicate: OnDuplicate, nowMs: number): Plan {
  if (old.parked && isIncomplete(old) && isAbandoned(old.parked, nowMs)) return "take over";
  const sameImport = importIdOf(old.source) !== undefined && importIdOf(old.source) === importIdOf(item.source);
  const otherStep = old.step !== item.step; // importing an item again never moves it to another step
  if (onDuplicate === "skip" || sameImport || otherStep) return "leave";
  if (isRetry(onDuplicate) && old.state === "done") return "leave";
  if (onDuplicate.endsWith("-changed") && !old.parked && !isChanged(old, item)) return "leave";
  if (old.state === "locked" || (old.parked && !isAbandoned(old.parked, nowMs))) return "locked";
  if (!isRetry(onDuplicate) || old.state === "failed") return "restart";
  // an interrupted edit left it parked, and otherwise it would wait forever
  return old.parked || isChanged(old, item) ? "change" : "leave";
}

/** The part of a source that names the import, without the line number. */
export function importIdOf(source: string | undefined): string | undefined {
  return source?.slice(0, source.lastIndexOf(":"));
}

/** Whether an item's script, scripts or arguments differ from a row's. */
export function isDifferent(old: Item, item: NewItem): boolean {
  const scripts = scriptsOfTasks(item);
  return scripts ? old.scriptsHash !== hashOf(scripts, item.args) : old.script !== item.script;
}

/** Whether an item has exactly the tasks of a row. Some of them may have been deleted one by one. */
export function hasTasksOf(old: Item, item: NewItem): boolean {
  return !isDifferent(old, item) && old.nestedTasks === (scriptsOfTasks(item)?.length ?? 0);
}

/** Whether a row differs from the item in anything: tasks, sample, settings or what it waits for. */
export function isChanged(old: Item, item: NewItem): boolean {
  const isOther = (field: SettingField) => (item[field] ?? DEFAULTS[field]) !== old[field];
  const isSame = old.taskId === item.taskId && hasSameDependencies(old, item) && hasSameHandover(old, item);
  return !isSame || SETTING_SPECS.some(({ field }) => isOther(field)) || !hasTasksOf(old, item);
}

const DEFAULTS: { [Field in SettingField]?: number } = { priority: DEFAULT_PRIORITY };
