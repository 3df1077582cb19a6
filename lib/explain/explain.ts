import { inStepOrder } from "../depend/step-order.ts";
import { isoDate } from "../iso-date.ts";
import type { Item } from "../items/item.ts";
import { itemsOfSample, type OnUnreadable } from "../select/items-of-sample.ts";
import { readItem } from "../store/read-row.ts";
import type { Table } from "../table.ts";
import type { Explanation, ItemExplanation } from "./explanation.ts";
import { becauseOf } from "./item.ts";
import { explainStep } from "./step.ts";
import { View } from "./view.ts";
import { becauseItWaits } from "./waiting.ts";
import type { AskBatch } from "./workers.ts";

/** What to explain: an item, all items of a sample, or a step. */
export type ToExplain = { itemID: string } | { taskID: string } | { step: string };

/**
 * Explains why something is not running, or how it is doing. Undefined for an unknown item or sample. Items of a sample
 * whose rows cannot be read are skipped and passed to `onLeftOut`.
 */
export async function explain(
  table: Table,
  what: ToExplain,
  batch?: AskBatch,
  onLeftOut?: OnUnreadable,
): Promise<Explanation | undefined> {
  const view = await View.of(table, batch);
  const head = { table: table.name, at: isoDate(view.nowMs) };
  if ("step" in what) return { ...head, items: [], step: await explainStep(view, what.step) };
  const items = "itemID" in what ? [await readItem(table, what.itemID)] : await ofSample(view, what.taskID, onLeftOut);
  const found = items.filter((item) => item !== undefined);
  if (found.length === 0) return undefined;
  const explained: ItemExplanation[] = [];
  for (const item of found) explained.push(await explainOne(view, item));
  return { ...head, items: explained };
}

async function ofSample({ table, settings }: View, taskID: string, onLeftOut?: OnUnreadable): Promise<Item[]> {
  const items = await itemsOfSample(table, settings, taskID, onLeftOut);
  const order = inStepOrder(settings.steps.keys(), settings);
  return items.sort((a, b) => order.indexOf(a.step) - order.indexOf(b.step) || (a.itemId < b.itemId ? -1 : 1));
}

async function explainOne(view: View, item: Item): Promise<ItemExplanation> {
  const { itemId, taskId, step, state } = item;
  const because = state === "waiting" ? await becauseItWaits(view, itemId) : await becauseOf(view, item);
  return { itemID: itemId, taskID: taskId, step, state, because };
}
