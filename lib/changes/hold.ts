import type { Seen } from "../store/seen.ts";
import type { Change, ChangeContext } from "./change.ts";
import { editTasks, mayHaveWorker } from "./edit-tasks.ts";
import { moveItem } from "./move-item.ts";

/** Holds `todo` and `waiting` items, so that nobody claims them; with `force`, also takes locked ones from workers. */
export function toHold({ force = false }: { force?: boolean } = {}): Change {
  return {
    force,
    to: "held",
    isIdle: (state) => state !== "waiting" && state !== "todo" && state !== "locked",
    apply: (context, seen) => move(context, seen, "held"),
  };
}

/** Makes held items claimable again; with `force`, also locked ones, as if their workers had released them. */
export function toUnhold({ force = false }: { force?: boolean } = {}): Change {
  return {
    force,
    to: "todo",
    isIdle: (state) => state !== "held" && state !== "locked",
    apply: (context, seen) => move(context, seen, "todo"),
  };
}

function move(context: ChangeContext, seen: Seen, state: "todo" | "held") {
  const isNested = seen.nestedTasks > 0;
  return isNested && mayHaveWorker(seen)
    ? editTasks(context, seen, { next: { state } })
    : moveItem(context, seen, { state });
}
