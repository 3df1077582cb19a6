import type { ItemState } from "../items/states.ts";
import type { Row } from "../store/attributes.ts";
import type { Seen } from "../store/seen.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";

/** What every change needs. */
export interface ChangeContext {
  table: Table;
  /** as they were when the selection began */
  settings: Settings;
}

/** Whether the write took effect; if not, the row that stood in its way, or none if the item is gone. */
export type Written = { won: boolean; row: Row | undefined };

/** A change that ended without a write and need not be tried again. */
export type Decision = { result: "unchanged" | "not found"; why: string };

/** Something a person wants done to items. Made by `toReset`, `toHold`, `toRelease` and `toDelete`. */
export interface Change {
  /** whether items are taken from their workers */
  force: boolean;
  /** where the items go; null: they are deleted */
  to: "todo" | "held" | null;
  /** why an item in such a state has no need of it, if so */
  isIdle(state: ItemState): boolean;
  /** does it, if the item is still as it was seen; a refusal brings the row as it is now */
  apply(context: ChangeContext, seen: Seen): Promise<Written | Decision>;
}

/** What became of one item. */
export interface ItemChange {
  itemID: string;
  result: "changed" | "unchanged" | "not found" | "failed";
  why?: string;
  /** where it was seen */
  state?: ItemState;
  step?: string;
}
