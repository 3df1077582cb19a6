import { lookAfterAdding } from "../depend/look-after-adding.ts";
import type { NewItem } from "../items/new-item.ts";
import { putMembers } from "../store/members.ts";
import type { Table } from "../table.ts";
import { type AddResult, addItem, type OnDuplicate } from "./add.ts";

/**
 * Adds one item outside an import: its member row, the item, and then a look at those who waited for something to come.
 * Throws a CannotWaitError (depend/register.ts) for an item that waits for others and cannot.
 */
export async function addMember(table: Table, item: NewItem, onDuplicate?: OnDuplicate): Promise<AddResult> {
  await putMembers(table, [item], await table.settings.shards());
  const result = await addItem(table, item, onDuplicate);
  await lookAfterAdding(table, item);
  return result;
}
