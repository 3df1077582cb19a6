import type { Item } from "./item.ts";
import type { SettingsCache } from "./settings-cache.ts";
import type { Table } from "./table.ts";

/** An item to be added, checked already: ids, sizes and numbers are as they may be. */
export interface NewItem {
  itemId: string;
  taskId: string;
  step: string;
  /** 0 to 9, higher first */
  priority?: number;
  /** the one script of a plain item; just one of `script` and `scripts` is given */
  script?: string;
  /** the scripts of a nested item, `Task_0` first; at least one */
  scripts?: readonly string[];
  maxAttempts?: number;
  timeoutMs?: number;
  leaseMs?: number;
  /** `<import id>:<line>`: which line of which import wrote it */
  source?: string;
}

/** What happens to an itemID that is there already. */
export type OnDuplicate = "skip" | "reset";

/** What became of an item to be added. */
export type AddResult =
  | { outcome: "added" }
  /** it was there, and has been started over with what the new row says */
  | { outcome: "reset" }
  /** it was there, and has been left alone; `different`: its script is not the one to be added */
  | { outcome: "exists"; item: Item; different: boolean }
  /** it was to be started over, but a worker has it */
  | { outcome: "locked"; item: Item };

export declare function addItem(
  table: Table,
  settings: SettingsCache,
  item: NewItem,
  onDuplicate?: OnDuplicate,
): Promise<AddResult>;
