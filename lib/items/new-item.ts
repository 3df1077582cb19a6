import type { Dependencies } from "./dependencies.ts";
import type { Handover } from "./handover.ts";
import type { ItemSettings } from "./item-settings.ts";

/**
 * Longest argument of a nested task, which its script sees as the variable `TASK_ARG`. Linux limits one environment
 * string to 128 KiB (`MAX_ARG_STRLEN`).
 */
export const MAX_ARG_BYTES = 100_000;

/** An item to be added. Its ids, sizes and numbers have already been checked. */
export interface NewItem extends ItemSettings, Dependencies, Handover {
  itemId: string;
  taskId: string;
  step: string;
  /** the one script of a plain item; exactly one of `script` and `scripts` is given */
  script?: string;
  /** the scripts of a nested item, `Task_0` first; at least one */
  scripts?: readonly string[];
  /** the argument of each script, if they were made from a list of arguments; same length as `scripts` */
  args?: readonly string[];
  /** `<import id>:<line>`: which line of which import wrote it */
  source?: string;
}
