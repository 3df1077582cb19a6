import { DEFAULT_FIELDS, type ItemField, type ItemRecord, parseFields } from "../lib/select/item-fields.ts";
import { listItems } from "../lib/select/list-items.ts";
import type { LeftOut } from "../lib/select/select-ids.ts";
import { selectItems } from "../lib/select/selectors.ts";
import type { Table } from "../lib/table.ts";
import { selectorOf, type Which } from "./which.ts";

/** Which items and fields to list. */
export interface ItemsOptions {
  /** our names or PyAnamo's; default: the fields of the index, for which no rows are read */
  fields?: string | readonly (ItemField | (string & {}))[];
  /** called for each given itemID that does not exist or does not match the rest of the selection */
  onLeftOut?: (leftOut: LeftOut) => void;
}

/** The items that are selected, a page at a time. */
export function itemPages(
  table: Table,
  which: Which,
  { fields, onLeftOut }: ItemsOptions,
): AsyncGenerator<ItemRecord[]> {
  const wanted = fields === undefined ? DEFAULT_FIELDS : parseFields(fields);
  return listItems(table, selectItems(table, selectorOf(which), onLeftOut), wanted);
}
