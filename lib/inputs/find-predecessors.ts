import { readOpening } from "../depend/openings.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { escapePathPart } from "../ids.ts";
import type { Dependencies } from "../items/dependencies.ts";
import type { Handover } from "../items/handover.ts";
import type { Item } from "../items/item.ts";
import { membersOfSample, membersOfStep } from "../store/members.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import type { Table } from "../table.ts";
import { InputError, redoHint } from "./input-error.ts";

/** An item whose results are inputs of another, and their folder below `./inputs`. */
export interface Predecessor {
  item: Item;
  folder: string;
}

/** Whether an input of an item is a step that it waits for, rather than a place. */
export function isStep(input: string, { after = [], afterAll = [] }: Dependencies): boolean {
  return after.includes(input) || afterAll.includes(input) || !input.includes("/");
}

const WIDTH = 8;

/**
 * The items of a step whose results an item gets: those of its own sample in one folder; for a step that it waited for
 * as a whole, one folder for each sample that was done when the item was released. Throws an InputError if one of them
 * is no longer done.
 */
export async function findPredecessors(table: Table, item: Item, step: string): Promise<Predecessor[]> {
  const folder = escapePathPart(step);
  const isWhole = item.afterAll?.includes(step) === true;
  const found = isWhole ? await wholeStep(table, item, step) : await singleItems(table, item, step);
  const open = found.find(({ state }) => state !== "done");
  if (open) {
    const { itemId, state } = open;
    throw new InputError(`inputs/${folder}: expected ${itemId} to be done, found it ${state}; ${redoHint(itemId)}`);
  }
  if (found.length === 0 && !isWhole) {
    throw new InputError(`inputs/${folder}: expected items of step ${step} among those that it waits for, found none`);
  }
  const inOrder = found.toSorted((a, b) => (a.itemId < b.itemId ? -1 : 1));
  return inOrder.map((one) => ({ item: one, folder: isWhole ? `${folder}/${escapePathPart(one.taskId)}` : folder }));
}

/** An item, in the table or not, as far as its predecessors depend on it. */
export type Waiting = Dependencies & Handover & Pick<Item, "itemId" | "taskId"> & { opening?: Item["opening"] };

/**
 * The predecessors whose results an item may read, in any state: those in the steps of its `inputs` or, if it names
 * none, everything it waits for. For whole steps, the items that were done when it was released.
 */
export async function itemsBefore(table: Table, item: Waiting): Promise<Item[]> {
  const { after = [], afterAll = [], afterItems = [], inputs = [] } = item;
  const wanted = new Set(inputs.filter((input) => isStep(input, item)));
  const isWanted = (step: string) => wanted.size === 0 || wanted.has(step);
  const found: Item[] = [];
  for (const step of afterAll) if (isWanted(step)) found.push(...(await wholeStep(table, item, step)));
  for (const step of after)
    if (isWanted(step)) found.push(...(await singleItems(table, { ...item, afterItems: [] }, step)));
  const named = await readItems(
    table,
    afterItems.map((itemId) => ({ itemId })),
  );
  return [...found, ...named.filter(({ step }) => isWanted(step))];
}

async function singleItems(table: Table, item: Waiting, step: string): Promise<Item[]> {
  const shards = await table.settings.shards();
  const { taskId, after = [], afterItems = [] } = item;
  const members = after.includes(step) ? await membersOfSample(table, { step, taskId }, shards) : [];
  const ofSample = (await readItems(table, members)).filter((one) => one.step === step && one.taskId === taskId);
  const named = await readItems(
    table,
    afterItems.map((itemId) => ({ itemId })),
  );
  const known = new Set(ofSample.map(({ itemId }) => itemId));
  return [...ofSample, ...named.filter((one) => one.step === step && !known.has(one.itemId))];
}

/** Leaves out samples that failed and were tolerated, and those that were added later. */
async function wholeStep(table: Table, item: Waiting, step: string): Promise<Item[]> {
  const shards = await table.settings.shards();
  const opening = item.opening === undefined ? undefined : await readOpening(table, item.opening);
  const members = await membersOfStep(table, step, shards);
  const items = (await readItems(table, members)).filter((one) => one.step === step);
  if (!opening) return items.filter(({ state }) => state === "done");
  const done = new Set(opening.done);
  return items.filter(({ taskId }) => done.has(taskId));
}

async function readItems(table: Table, members: readonly { itemId: string }[]): Promise<Item[]> {
  const ids = [...new Set(members.map(({ itemId }) => itemId))];
  const rows = await sideBySide(chunksOf(ids, ROWS_A_READ), WIDTH, (chunk) => readItemRows(table, chunk));
  return rows.flat().map(rowToItem);
}
