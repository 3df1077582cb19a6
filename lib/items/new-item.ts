import type { ItemSettings } from "./item-settings.ts";

/** An item to be added. Ids, sizes and numbers have been checked. */
export interface NewItem extends ItemSettings {
  itemId: string;
  taskId: string;
  step: string;
  /** the one script of a plain item; exactly one of `script` and `scripts` is given */
  script?: string;
  /** the scripts of a nested item, `Task_0` first; at least one */
  scripts?: readonly string[];
  /** the argument of each script, if they were made from a list of arguments; as many as `scripts` */
  args?: readonly string[];
  /** `<import id>:<line>`: which line of which import wrote it */
  source?: string;
}
