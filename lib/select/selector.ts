import type { Cause, ItemState } from "../items/states.ts";

/** Selects items: those that match every given part. */
export interface Selector {
  /** only these; may be a stream of any length */
  ids?: Iterable<string> | AsyncIterable<string>;
  states?: readonly ItemState[];
  /**
   * true: only waiting items that are blocked, as summaries count them; false: of the waiting items, only the others
   */
  blocked?: boolean;
  steps?: readonly string[];
  /** samples */
  taskIds?: readonly string[];
  /** why the last attempt did not succeed */
  causes?: readonly Cause[];
  exitCodes?: readonly number[];
  /** locked by this Batch job, or by a child of this array job */
  job?: string;
  /** done, failed, held or locked for longer than this; waiting items have no date and are not selected */
  olderThanMs?: number;
  /** a glob over the itemID: see {@link glob} */
  match?: string;
  /** failed in the same way: the id of a group of failures, as on the progress page */
  group?: string;
}

/** Whether a selector has no ids and no conditions, and so means every item. */
export function isEverything(selector: Selector): boolean {
  return Object.values(selector).every((part) => part === undefined);
}
