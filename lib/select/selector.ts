import type { Cause, ItemState } from "../items/states.ts";

/** Which items: those that every part which is given holds for. */
export interface Selector {
  /** these and no others; may be a stream of any length */
  ids?: Iterable<string> | AsyncIterable<string>;
  states?: readonly ItemState[];
  steps?: readonly string[];
  /** samples */
  taskIds?: readonly string[];
  /** why the last attempt did not succeed */
  causes?: readonly Cause[];
  exitCodes?: readonly number[];
  /** locked by this Batch job, or by a child of this array job */
  job?: string;
  /** done, failed, held or locked for longer than this; an item that waits has no date and is not selected */
  olderThanMs?: number;
  /** a glob over the itemID: see {@link glob} */
  match?: string;
}

/** Whether a selector says anything at all; without ids and conditions it means every item. */
export function isEverything(selector: Selector): boolean {
  return Object.values(selector).every((part) => part === undefined);
}
