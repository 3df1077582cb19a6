import { inStepOrder } from "../depend/step-order.ts";
import type { Table } from "../table.ts";
import { describeItem, type ItemDetail } from "./describe-item.ts";
import { itemsOfSample, type OnUnreadable } from "./items-of-sample.ts";

/**
 * Reads everything about each item of a sample, in step order, then by itemID. Rows that cannot be read are skipped and
 * passed to `onLeftOut`.
 */
export async function* describeSample(
  table: Table,
  taskId: string,
  onLeftOut?: OnUnreadable,
): AsyncGenerator<ItemDetail> {
  const settings = await table.settings.get(0);
  const order = inStepOrder(settings.steps.keys(), settings);
  const items = await itemsOfSample(table, settings, taskId, onLeftOut);
  items.sort((a, b) => order.indexOf(a.step) - order.indexOf(b.step) || (a.itemId < b.itemId ? -1 : 1));
  for (const { itemId } of items) {
    const detail = await describeItem(table, itemId);
    if (detail) yield detail;
  }
}
