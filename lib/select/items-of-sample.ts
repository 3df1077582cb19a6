import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { Item } from "../items/item.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import { membersOfSample } from "../store/members.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { parseItem, type Unreadable } from "./select-ids.ts";

/** Called for each row that cannot be read. */
export type OnUnreadable = (unreadable: Unreadable) => void;

const WIDTH = 16;

/** With more queries than this, reading the index instead costs less. */
const MOST_QUERIES = 1_000;

/**
 * Whether to find the items of these samples by their member rows, strongly consistent and at half a read unit per
 * sample and step. Not on a table from an earlier version, nor for very many samples: these read the whole index.
 */
export function isByMembers(settings: Settings, taskIds: readonly string[], steps?: readonly string[]): boolean {
  return !settings.lacksMembers && taskIds.length * (steps?.length ?? settings.steps.size) <= MOST_QUERIES;
}

/**
 * The rows of the items of samples, 100 at a time, by step, sample and itemID, found by their member rows. Each item
 * comes once. A member row's item may be gone, or now belong to another sample or step: the caller must compare.
 */
export async function* rowsOfSamples(
  table: Table,
  { shards, steps: known }: Settings,
  { taskIds, steps }: { taskIds: readonly string[]; steps?: readonly string[] | undefined },
): AsyncGenerator<Row[]> {
  const places = (steps ?? [...known.keys()]).flatMap((step) => taskIds.map((taskId) => ({ step, taskId })));
  const members = await sideBySide(places, WIDTH, (place) => membersOfSample(table, place, shards));
  const ids = [...new Set(members.flat().map(({ itemId }) => itemId))];
  for (const chunk of chunksOf(ids, ROWS_A_READ)) {
    const rows = new Map((await readItemRows(table, chunk)).map((row) => [row[ATTR.itemId], row]));
    yield chunk.map((itemId) => rows.get(itemId)).filter((row) => row !== undefined);
  }
}

/**
 * All items of a sample, in no particular order. On a table from an earlier version, reads the whole index. Rows that
 * cannot be read are skipped and passed to `onLeftOut`.
 */
export async function itemsOfSample(
  table: Table,
  settings: Settings,
  taskId: string,
  onLeftOut: OnUnreadable = () => {},
): Promise<Item[]> {
  const rows = isByMembers(settings, [taskId])
    ? (await Array.fromAsync(rowsOfSamples(table, settings, { taskIds: [taskId] }))).flat()
    : await rowsInIndex(table, settings, taskId);
  // the item of a member row may by now belong to another sample
  const own = rows.filter((row) => typeof row[ATTR.taskId] !== "string" || row[ATTR.taskId] === taskId);
  return own.flatMap((row) => {
    const item = parseItem(row);
    if (!("why" in item)) return [item];
    onLeftOut(item);
    return [];
  });
}

async function rowsInIndex(table: Table, settings: Settings, taskId: string): Promise<Row[]> {
  const ids = new Set<string>();
  await sideBySide(partitionsOf(settings), WIDTH, async (partition) => {
    for await (const page of readPartition(table, partition)) {
      for (const entry of page) if (entry.taskId === taskId) ids.add(entry.itemId);
    }
  });
  const chunks = await sideBySide(chunksOf([...ids], ROWS_A_READ), WIDTH, (chunk) => readItemRows(table, chunk));
  return chunks.flat();
}
