import type { Seen } from "../store/seen.ts";
import type { Change, ChangeContext } from "./change.ts";
import { editTasks, isUnsure } from "./edit-tasks.ts";
import { moveItem } from "./move-item.ts";

/** Parks items that wait, so that nobody claims them; with `force` those that are being worked on too. */
export function toHold({ force = false }: { force?: boolean } = {}): Change {
  return {
    ...{ force, to: "held" },
    isIdle: (state) => state !== "todo" && state !== "locked",
    apply: (context, seen) => move(context, seen, "held"),
  };
}

/** Lets parked items be claimed; with `force` those too that a worker has, as if it had given them back. */
export function toRelease({ force = false }: { force?: boolean } = {}): Change {
  return {
    ...{ force, to: "todo" },
    isIdle: (state) => state !== "held" && state !== "locked",
    apply: (context, seen) => move(context, seen, "todo"),
  };
}

function move(context: ChangeContext, seen: Seen, state: "todo" | "held") {
  const isNested = seen.nestedTasks > 0;
  return isNested && isUnsure(seen)
    ? editTasks(context, seen, { next: { state } })
    : moveItem(context, seen, { state });
}
