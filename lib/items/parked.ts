import type { ItemState } from "./states.ts";

/** Who keeps an item `held` while writing its nested tasks, so that nobody claims it half written. */
export interface Parked {
  by: "import" | "edit" | "delete";
  /** random; only the holder of the token may write the item's tasks, or move the item on */
  token: string;
  /** when the holder last reported that it is alive */
  sinceMs: number;
  /**
   * since when a person holds the item, if one does: the item then stays held after its tasks are written, whoever
   * writes them
   */
  heldSinceMs?: number;
}

/** Since when a person holds an item, whether or not its tasks are being written; undefined if nobody does. */
export function heldSince(item: {
  state: ItemState;
  endedAtMs?: number | undefined;
  parked?: Parked | undefined;
}): number | undefined {
  if (item.parked) return item.parked.heldSinceMs;
  return item.state === "held" ? item.endedAtMs : undefined;
}

/** A holder that has not reported for this long counts as dead, and someone else may take over. */
export const ABANDONED_AFTER_MS = 60_000;

/** Whether the holder died before it had finished. */
export function isAbandoned({ sinceMs }: Parked, nowMs: number): boolean {
  return nowMs - sinceMs > ABANDONED_AFTER_MS;
}

/** Whether tasks may be missing. An edit leaves them all in place; an import or a delete does not. */
export function isIncomplete({ parked }: { parked?: Parked | undefined }): boolean {
  return parked !== undefined && parked.by !== "edit";
}
