/** PyAnamo's classes of progress: how many of an item's tasks are done. `todo` means none, in any state. */
export const PROGRESS_CLASSES = ["todo", "1-25%", "26-75%", "76-99%", "done"] as const;
export type ProgressClass = (typeof PROGRESS_CLASSES)[number];

/** The class of an item with `done` of `total` tasks done. */
export function progressClass(done: number, total: number): ProgressClass {
  if (done <= 0) return "todo";
  if (done >= total) return "done";
  const share = done / total;
  if (share <= 0.25) return "1-25%";
  return share <= 0.75 ? "26-75%" : "76-99%";
}
