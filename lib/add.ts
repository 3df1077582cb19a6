import { createHash, randomBytes } from "node:crypto";
import { isNew, isNotLocked } from "./conditions.ts";
import { deleteTasks } from "./delete-rows.ts";
import type { Item } from "./item.ts";
import { DEFAULT_PRIORITY } from "./keys.ts";
import { putRow } from "./put-row.ts";
import { A, itemToRow, type Row, rowToItem } from "./rows.ts";
import { ITEM_ROW } from "./schema.ts";
import type { SettingsCache } from "./settings-cache.ts";
import type { Table } from "./table.ts";
import { taskKeyOf } from "./task-names.ts";
import { allOf, type Condition, getRow, type WriteResult } from "./update.ts";
import { IMPORT_STALE_MS, isImportedBy, openItem, writeTasks } from "./write-tasks.ts";

/** An item to be added, checked already: ids, sizes and numbers are as they may be. */
export interface NewItem {
  itemId: string;
  taskId: string;
  step: string;
  /** 0 to 9, higher first */
  priority?: number;
  /** the one script of a plain item; just one of `script` and `scripts` is given */
  script?: string;
  /** the scripts of a nested item, `Task_0` first; at least one */
  scripts?: readonly string[];
  maxAttempts?: number;
  timeoutMs?: number;
  leaseMs?: number;
  /** `<import id>:<line>`: which line of which import wrote it */
  source?: string;
}

/** What happens to an itemID that is there already. */
export type OnDuplicate = "skip" | "reset";

/** What became of an item to be added. */
export type AddResult =
  | { outcome: "added" }
  /** it was there, and has been started over with what the new row says */
  | { outcome: "reset" }
  /** it was there, and has been left alone; `different`: its script is not the one to be added */
  | { outcome: "exists"; item: Item; different: boolean }
  /** it was to be started over, but a worker has it, or another import is writing it just now */
  | { outcome: "locked"; item: Item };

/**
 * A script longer than this gets a row of its own, as if the item were nested: every claim, heartbeat and completion is
 * billed by the size of the item's row, that of the script is written once.
 */
export const LONG_SCRIPT_BYTES = 3_000;

const ADDED: AddResult = { outcome: "added" };

/**
 * Adds an item unless its itemID is there yet. A nested item is put as `held` first, then its tasks, then it is
 * opened: nobody can claim it half written, and an import that dies in between is taken up by the next one.
 */
export async function addItem(
  table: Table,
  settings: SettingsCache,
  item: NewItem,
  onDuplicate: OnDuplicate = "skip",
): Promise<AddResult> {
  const { step, priority = DEFAULT_PRIORITY } = item;
  const { shards } = settings.known(step, priority) ?? (await settings.register(step, priority));
  const added = await putItem(table, shards, item, undefined, isNew);
  if (added.won || isOwnRepeat(added, item)) return ADDED;
  if (!added.row) return addItem(table, settings, item, onDuplicate); // deleted between the refusal and the look
  const old = rowToItem(added.row);
  if (isAbandonedImport(table, old)) return takeOver(table, shards, item, old);
  const sameImport = importIdOf(old.source) !== undefined && importIdOf(old.source) === importIdOf(item.source);
  const otherStep = old.step !== item.step; // an item is not moved between steps by importing it once more
  if (onDuplicate === "skip" || sameImport || otherStep)
    return { outcome: "exists", item: old, different: isDifferent(old, item) };
  return startOver(table, shards, item, old);
}

/** The part of a source that names the import, without the line. */
export function importIdOf(source: string | undefined): string | undefined {
  return source?.slice(0, source.lastIndexOf(":"));
}

async function startOver(table: Table, shards: number, item: NewItem, old: Item): Promise<AddResult> {
  if (old.state === "locked" || old.importing) return { outcome: "locked", item: old };
  const reset = await putItem(table, shards, item, old, allOf(isNotLocked, isAttempt(old.attempt)));
  if (reset.won) return { outcome: "reset" };
  const now = reset.row && rowToItem(reset.row);
  return { outcome: "locked", item: now ?? old };
}

async function takeOver(table: Table, shards: number, item: NewItem, old: Item): Promise<AddResult> {
  const taken = await putItem(table, shards, item, old, isImportedBy(old.importing?.token ?? ""));
  if (taken.won) return { outcome: "added" };
  return { outcome: "exists", item: taken.row ? rowToItem(taken.row) : old, different: false };
}

function putItem(
  table: Table,
  shards: number,
  item: NewItem,
  old: Item | undefined,
  condition: Condition,
): Promise<WriteResult> {
  const scripts = scriptsOfTasks(item);
  if (scripts || (old && old.nestedTasks > 0)) return putNested(table, shards, item, scripts, old, condition);
  return putRow(table, itemToRow(newRowItem(table, item, undefined, "", old), shards), condition);
}

/** Puts an item that has tasks, or had. */
async function putNested(
  table: Table,
  shards: number,
  item: NewItem,
  scripts: readonly string[] | undefined,
  old: Item | undefined,
  condition: Condition,
): Promise<WriteResult> {
  const token = scripts ? randomBytes(6).toString("base64url") : "";
  const fresh = newRowItem(table, item, scripts, token, old);
  const put = await putRow(table, itemToRow(fresh, shards), condition);
  const oursAfterRetry = !put.won && put.row?.[A.source] === item.source && isToken(put.row, token);
  if (!put.won && !oursAfterRetry) return put;
  if (old && old.nestedTasks > 0) await deleteTasks(table, item.itemId);
  if (!scripts) return { won: true, row: undefined };
  const named = scripts.map((script, index) => [taskKeyOf(index), script] as const);
  const isOurs = await writeTasks(table, fresh, named, token);
  if (isOurs && (await openItem(table, shards, fresh, token))) return { won: true, row: undefined };
  return { won: false, row: await getRow(table, { itemID: item.itemId, taskKey: ITEM_ROW }), sent: 1 };
}

/** A plain row that was refused because it is there already: by this very write, whose reply was lost. */
function isOwnRepeat(refused: Extract<WriteResult, { won: false }>, item: NewItem): boolean {
  const { row, sent } = refused;
  return sent > 1 && row !== undefined && row[A.source] === item.source && row[A.attempt] === undefined;
}

function newRowItem(
  table: Table,
  item: NewItem,
  scripts: readonly string[] | undefined,
  token: string,
  old: Item | undefined,
): Item {
  const nowMs = table.now();
  return {
    itemId: item.itemId,
    taskId: item.taskId,
    step: item.step,
    state: scripts ? "held" : "todo",
    priority: item.priority ?? DEFAULT_PRIORITY,
    ...(scripts ? { importing: { token, sinceMs: nowMs }, endedAtMs: nowMs } : { script: item.script ?? "" }),
    nestedTasks: scripts?.length ?? 0,
    ...(scripts && { scriptsHash: hashOf(scripts), tasksEpoch: epochAfter(old, nowMs) }),
    tasksDone: 0,
    attempt: old?.attempt ?? 0,
    failures: 0,
    interruptions: 0,
    losses: 0,
    ...(item.maxAttempts !== undefined && { maxAttempts: item.maxAttempts }),
    ...(item.timeoutMs !== undefined && { timeoutMs: item.timeoutMs }),
    ...(item.leaseMs !== undefined && { leaseMs: item.leaseMs }),
    ...(item.source !== undefined && { source: item.source }),
  };
}

/** Later than whatever somebody may still write of the item as it was, be it of one that was deleted since. */
function epochAfter(old: Item | undefined, nowMs: number): number {
  return Math.max(nowMs, (old?.tasksEpoch ?? 0) + 1);
}

function scriptsOfTasks(item: NewItem): readonly string[] | undefined {
  if (item.scripts) return item.scripts;
  return Buffer.byteLength(item.script ?? "") > LONG_SCRIPT_BYTES ? [item.script ?? ""] : undefined;
}

function isToken(row: Row | undefined, token: string): boolean {
  return (row?.[A.importing] as Item["importing"])?.token === token;
}

function isAbandonedImport(table: Table, old: Item): boolean {
  return old.importing !== undefined && table.now() - old.importing.sinceMs > IMPORT_STALE_MS;
}

function isDifferent(old: Item, item: NewItem): boolean {
  const scripts = scriptsOfTasks(item);
  return scripts ? old.scriptsHash !== hashOf(scripts) : old.script !== item.script;
}

/** Short hash of the scripts of a nested item, in their order. */
export function hashOf(scripts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(scripts)).digest("base64url").slice(0, 12);
}

/** No claim has come in between since the row was read. */
function isAttempt(attempt: number): Condition {
  const names = { "#Attempt": A.attempt };
  return attempt === 0
    ? { expression: "attribute_not_exists(#Attempt)", names }
    : { expression: "#Attempt = :attempt", names, values: { ":attempt": attempt } };
}
