import type { FailedDetail } from "../failures/failed-detail.ts";
import { failedDetails, groupIdOf, groupKeyOf } from "../failures/failure-group.ts";
import { isoDate } from "../iso-date.ts";
import type { ItemEntry } from "../items/item.ts";
import { readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import type { Table } from "../table.ts";
import type { FailureExample, FailureGroup, Failures } from "./report.ts";

/** How many failed items' logs are read at most, most recent first. */
const MOST_READ = 1_000;
const MOST_GROUPS = 20;
const EXAMPLES = 3;
/** The tail of a log may be a single line of several megabytes. */
const TAIL_CHARACTERS = 600;
const SCRIPT_CHARACTERS = 2_000;

/** The failed items of a summary, as many as a page lists. */
export class FailedEntries {
  static readonly MOST = 2_000;
  total = 0;
  #newest: ItemEntry[] = [];

  add(entry: ItemEntry): void {
    this.total++;
    this.#newest.push(entry);
    if (this.#newest.length >= 4 * FailedEntries.MOST) this.#newest = this.newest();
  }

  newest(): ItemEntry[] {
    return this.#newest.toSorted((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0)).slice(0, FailedEntries.MOST);
  }
}

/** Sorts failed items into groups by step, cause, exit code and the last line of their logs. */
export async function groupFailures(table: Table, failed: FailedEntries): Promise<Failures> {
  const entries = failed.newest();
  const read = entries.slice(0, MOST_READ).map(({ itemId }) => itemId);
  const details = new Map((await failedDetails(table, read)).map((detail) => [detail.itemID, detail]));
  const found = new Map<string, { group: FailureGroup; itemIds: Set<string> }>();
  for (const entry of entries) {
    const detail = details.get(entry.itemId);
    if (detail) addTo(found, entry, detail);
  }
  const sorted = [...found.values()].sort((a, b) => b.group.items - a.group.items).slice(0, MOST_GROUPS);
  await addScripts(
    table,
    sorted.flatMap(({ group }) => group.examples),
  );
  const places = new Map(sorted.flatMap(({ itemIds }, at) => [...itemIds].map((id) => [id, at] as const)));
  const grouped = sorted.reduce((sum, { group }) => sum + group.items, 0);
  return {
    groups: sorted.map(({ group }) => group),
    others: Math.max(0, failed.total - grouped),
    items: entries.map(({ itemId, taskId, step }) => [itemId, taskId, step, places.get(itemId) ?? -1]),
  };
}

/** Adds the scripts of plain items: reads up to 60 rows. */
async function addScripts(table: Table, examples: readonly FailureExample[]): Promise<void> {
  const ids = examples.flatMap(({ itemID, taskKey }) => (taskKey === undefined ? [itemID] : []));
  if (ids.length === 0) return;
  const scripts = new Map(
    (await readItemRows(table, ids)).map(rowToItem).map(({ itemId, script }) => [itemId, script]),
  );
  for (const example of examples) {
    const script = scripts.get(example.itemID);
    if (script !== undefined) example.script = script.slice(0, SCRIPT_CHARACTERS).toWellFormed();
  }
}

function addTo(
  found: Map<string, { group: FailureGroup; itemIds: Set<string> }>,
  { itemId, endedAtMs = 0 }: ItemEntry,
  detail: FailedDetail,
): void {
  const key = groupKeyOf(detail);
  const id = groupIdOf(key);
  const at = isoDate(endedAtMs);
  const known = found.get(id) ?? {
    group: { ...key, id, items: 0, firstAt: at, lastAt: at, examples: [] },
    itemIds: new Set<string>(),
  };
  found.set(id, known);
  const { group, itemIds } = known;
  itemIds.add(itemId);
  group.items++;
  group.firstAt = at; // the newest come first
  if (group.examples.length >= EXAMPLES) return;
  const { taskID, taskKey, message, logTail } = detail;
  group.examples.push({
    itemID: itemId,
    taskID,
    ...(taskKey !== undefined && { taskKey }),
    ...(message !== undefined && { message: message.slice(0, TAIL_CHARACTERS) }),
    logTail: logTail.slice(-TAIL_CHARACTERS).toWellFormed(),
  });
}
