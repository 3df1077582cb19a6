import { evaluateAfterAdding } from "../depend/evaluate-after-adding.ts";
import type { NewItem } from "../items/new-item.ts";
import { putMembers } from "../store/members.ts";
import type { Table } from "../table.ts";
import { type AddResult, addItem, type OnDuplicate } from "./add.ts";

/**
 * Adds one item outside an import: writes its member row and the item, then re-evaluates everything that was waiting
 * for an item to be added. Throws a CannotWaitError (depend/register.ts) for an item that cannot wait for the items
 * that it names.
 */
export async function addMember(table: Table, item: NewItem, onDuplicate?: OnDuplicate): Promise<AddResult> {
  await putMembers(table, [item], await table.settings.shards());
  const result = await addItem(table, item, onDuplicate);
  await evaluateAfterAdding(table, item);
  return result;
}
