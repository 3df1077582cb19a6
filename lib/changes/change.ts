import type { ItemState } from "../items/states.ts";
import type { Row } from "../store/attributes.ts";
import type { Seen } from "../store/seen.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";

/** What every change needs to know. */
export interface ChangeContext {
  table: Table;
  /** as read when the selection started */
  settings: Settings;
  /** receives the itemID of each item that begins to wait; all are evaluated together once the change is made */
  waits?: (itemId: string) => void;
}

/** Whether the write took effect; if not, the row that prevented it, or none if the item is gone. */
export type Written = { won: boolean; row: Row | undefined };

/** A change that ended without a write and need not be tried again. */
export type Decision = { result: "unchanged" | "not found"; why: string };

/** Something a person wants to do to items. Made by `toReset`, `toHold`, `toUnhold` and `toDelete`. */
export interface Change {
  /** whether to take items from their workers */
  force: boolean;
  /** the state in which the items end up; null if they are deleted */
  to: "todo" | "held" | null;
  /** whether an item in this state needs no change */
  isIdle(state: ItemState): boolean;
  /** makes the change if the item is still as it was seen; a refused write returns the current row */
  apply(context: ChangeContext, seen: Seen): Promise<Written | Decision>;
}

/** What happened to one item. */
export interface ItemChange {
  itemID: string;
  result: "changed" | "unchanged" | "not found" | "failed";
  why?: string;
  /** the state in which it was selected */
  state?: ItemState;
  step?: string;
}
