import { UsageError } from "../lib/errors.ts";
import { DEFAULT_FIELDS, type ItemField, type ItemRecord, parseFields } from "../lib/select/item-fields.ts";
import { listItems } from "../lib/select/list-items.ts";
import type { LeftOut } from "../lib/select/select-ids.ts";
import { selectItems } from "../lib/select/selectors.ts";
import type { Table } from "../lib/table.ts";
import { selectorOf, type Which } from "./which.ts";

/** Which items and fields to list. */
export interface ItemsOptions {
  /** anamo's names or PyAnamo's; default: the fields that the index holds, which need no rows */
  fields?: string | readonly (ItemField | (string & {}))[];
  /** called for each given itemID that does not exist or does not match the rest of the selection */
  onLeftOut?: (leftOut: LeftOut) => void;
  /** at most this many; reading ends with the page that completes them */
  limit?: number;
}

/** The selected items, a page at a time. */
export function itemPages(
  table: Table,
  which: Which,
  { fields, onLeftOut, limit }: ItemsOptions,
): AsyncGenerator<ItemRecord[]> {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new UsageError(`limit: expected a whole number, 1 or more, found ${limit}`);
  }
  const wanted = fields === undefined ? DEFAULT_FIELDS : parseFields(fields);
  return listItems(table, selectItems(table, selectorOf(which), onLeftOut, limit), wanted, limit);
}
