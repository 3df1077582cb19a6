import { ATTR, type Row } from "../store/attributes.ts";
import type { Condition } from "../store/expression.ts";
import { itemKey } from "../store/keys.ts";
import { type MoveResult, moveState } from "../store/move-state.ts";
import { readRow } from "../store/read-row.ts";
import { parseWaitingSort } from "../store/waiting-keys.ts";
import type { Table } from "../table.ts";
import { targetNow, type Watcher, watcherOf } from "./watcher.ts";

/** Whether a write won; if not, the row that refused it. */
type Moved = Pick<MoveResult, "won" | "row">;

/**
 * Releases a waiting item if it still waits as it did when read: it becomes `todo`. `opening`: what it was released
 * with, if it waited for whole steps. 3 write units.
 */
export async function releaseItem(table: Table, watcher: Watcher, opening?: string): Promise<Moved> {
  const { itemId, step } = watcher;
  const known = watcher.priority ?? (await onlyPriority(table, step));
  const seen = known === undefined ? watcherOf(await readRow(table, itemKey(itemId))) : watcher;
  const priority = known ?? seen?.priority;
  if (priority === undefined || seen?.stateSort !== watcher.stateSort) return { won: false, row: undefined };
  const isGuess = watcher.priority === undefined && known !== undefined;
  const moved = await moveState(table, {
    from: { state: "waiting" },
    to: { itemId, step, state: "todo", priority },
    shards: await table.settings.shards(),
    set: { [ATTR.opening]: opening },
    condition: waitsAt(watcher.stateSort, isGuess ? priority : undefined),
    isWritten: (row, written) => row[ATTR.stateSort] === written[ATTR.stateSort],
  });
  if (moved.won) table.onReleased?.({ itemId, step, priority });
  const own = watcherOf(moved.row);
  // refused because the guess was wrong: the row has the right priority
  if (!moved.won && isGuess && own?.stateSort === watcher.stateSort) return releaseItem(table, own, opening);
  return moved;
}

/** Lists a waiting item under another target, and returns its new state; undefined if refused. */
export async function moveTarget(table: Table, watcher: Watcher, target: string): Promise<Watcher | undefined> {
  if (targetNow(watcher) === target) return watcher;
  const { itemId, step, stateSort } = watcher;
  const waiting = { target, epoch: parseWaitingSort(stateSort).epoch };
  const moved = await moveState(table, {
    from: { state: "waiting" },
    to: { itemId, step, state: "waiting", waiting },
    shards: await table.settings.shards(),
    condition: waitsAt(stateSort),
    isWritten: (row, written) => row[ATTR.stateSort] === written[ATTR.stateSort],
  });
  return moved.won ? { ...watcher, stateSort: `${target}#${waiting.epoch}#${itemId}` } : undefined;
}

/** The priority that all items of a step share, according to the settings. */
async function onlyPriority(table: Table, step: string): Promise<number | undefined> {
  const priorities = (await table.settings.get()).steps.get(step) ?? [];
  return priorities.length === 1 ? priorities[0] : undefined;
}

/** Requires that the item still waits and has not been started over since it was read. */
function waitsAt(stateSort: string, priority?: number): Condition {
  const values: Row = { ":waiting": "waiting", ":sort": stateSort };
  if (priority !== undefined) values[":priority"] = priority;
  const isGuess = priority === undefined ? "" : ` AND ${ATTR.priority} = :priority`;
  return { expression: `${ATTR.state} = :waiting AND ${ATTR.stateSort} = :sort${isGuess}`, names: {}, values };
}
