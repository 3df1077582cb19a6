import type { ItemEntry } from "../items/item.ts";
import { countClaimable } from "../progress/count-claimable.ts";
import type { Summary } from "../progress/summarize.ts";
import type { ItemClass, ReportState } from "./report.ts";

/** The class of an item: its state in people's terms. */
export function classOf(
  { state }: ItemEntry,
  { isBlocked, isPaused }: { isBlocked: boolean; isPaused: boolean },
): ItemClass {
  if (state === "waiting") return isBlocked ? "blocked" : "waiting";
  if (state === "todo") return isPaused ? "paused" : "waiting";
  if (state === "held") return "paused";
  return state === "locked" ? "running" : state;
}

/** The state of the study as a whole. */
export function stateOf(summary: Summary, items: Record<ItemClass, number>): ReportState {
  const total = Object.values(items).reduce((sum, count) => sum + count, 0);
  if (total === 0) return "empty";
  if (items.done === total) return "done";
  if (summary.draining) return "stopping";
  if (items.running > 0) return items.done + items.failed === 0 ? "starting" : "running";
  if (countClaimable(summary) > 0) return "idle";
  if (items.paused > 0) return "paused";
  // the next worker or sweep to look releases what is waiting
  return items.waiting > 0 ? "idle" : "failed";
}
