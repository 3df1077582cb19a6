import { PROGRESS_CLASSES, type ProgressClass } from "../../lib/items/progress-class.ts";

/**
 * A class of progress for a person. PyAnamo calls the first one todo, like a state, but an item without a finished task
 * may be in any state.
 */
export function shareText(progress: ProgressClass): string {
  if (progress === "todo") return "none";
  return progress === "done" ? "all" : progress.replace("%", " %");
}

/** How many items are in each class, on one line. */
export function sharesText(progress: Readonly<Record<ProgressClass, number>>): string {
  return PROGRESS_CLASSES.map((name) => `${shareText(name)} ${progress[name]}`).join(", ");
}
