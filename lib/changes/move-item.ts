import { isDependent } from "../items/dependencies.ts";
import type { Parked } from "../items/parked.ts";
import type { ItemState } from "../items/states.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import type { Connection } from "../store/connection.ts";
import { allOf, type Changes, type Condition } from "../store/expression.ts";
import { itemKey, type Keyed } from "../store/keys.ts";
import { moveState } from "../store/move-state.ts";
import { parkedOf, parkedToStored } from "../store/parked-token.ts";
import { readRow } from "../store/read-row.ts";
import { isAsSeen, keyedOf, type Seen } from "../store/seen.ts";
import type { Settings } from "../store/settings.ts";
import { firstTarget, newWaitEpoch } from "../store/waiting-keys.ts";
import type { ChangeContext, Written } from "./change.ts";

/** Where to move an item, and what else to change on its row in the same write. */
export interface Destination {
  state: Exclude<ItemState, "locked" | "waiting">;
  /** undefined removes an attribute */
  set?: Row;
  remove?: readonly string[] | undefined;
  compute?: NonNullable<Changes["compute"]>;
  /** set if the item is parked there */
  parked?: Parked;
  /** when it became done, failed or held; now by default */
  endedAtMs?: number;
  /** an item that is waiting begins a new wait */
  restart?: boolean;
}

/**
 * Moves an item in one write, if it is still as it was seen. Its index key in `todo` depends on its priority, which the
 * index does not hold. If the step has only ever had one priority, assumes that one; otherwise reads the row. An item
 * that waits for others goes to `waiting` instead of `todo`; only its row says whether it does.
 */
export async function moveItem(
  context: ChangeContext,
  seen: Seen,
  destination: Destination,
  { returning }: { returning?: "new" } = {},
): Promise<Written> {
  const { table, settings } = context;
  const priority = seen.priority ?? onlyPriority(settings, seen.step);
  const isLackingDetail = priority === undefined || (seen.dependencies === undefined && settings.links.has(seen.step));
  if (isLackingDetail && destination.state === "todo") {
    return { won: false, row: await readRow(table, itemKey(seen.itemId)) };
  }
  const { remove, compute } = destination;
  const to = keyedAt(seen, destination, table);
  const asSeen = isAsSeen(seen, settings.shards);
  const moved = await moveState(table, {
    from: seen,
    to: { ...to, priority },
    shards: settings.shards,
    set: attributesAt(seen, destination),
    remove,
    compute,
    condition: isGuess(seen, destination) ? allOf(asSeen, isPriority(priority ?? 0)) : asSeen,
    isWritten: isAlreadyThere,
    returning,
  });
  if (moved.won && to.state === "waiting") context.waits?.(seen.itemId);
  return moved;
}

function keyedAt(seen: Seen, { state, endedAtMs, restart }: Destination, connection: Connection): Keyed {
  const { itemId, taskId, step, dependencies = {} } = seen;
  if (state === "todo" && isDependent(dependencies)) {
    // an item that is already waiting keeps its key: a new one would be ahead in the range being read
    const old = keyedOf(seen).waiting;
    const anew = { target: firstTarget(dependencies, taskId), epoch: newWaitEpoch(connection, old?.epoch) };
    const waiting = restart ? anew : (old ?? anew);
    return { itemId, step, state: "waiting", waiting };
  }
  // a held item keeps its date: a new one would move it ahead in the range being read, which would return it twice
  const keptMs = seen.state === state ? seen.endedAtMs : undefined;
  return { itemId, step, state, endedAtMs: state === "todo" ? undefined : (endedAtMs ?? keptMs ?? connection.now()) };
}

function attributesAt(seen: Seen, { set, parked }: Destination): Row {
  const row: Row = {};
  if (parked || seen.parked) row[ATTR.parked] = parked && parkedToStored(parked);
  // remove the token of the lock that this write breaks, so that late writes of its claim are refused
  if (seen.state === "locked") row[ATTR.lockId] = undefined;
  return set ? Object.assign(row, set) : row;
}

/**
 * Whether the write has to check the priority. Not for done or failed items: they ended before the selection started,
 * so the settings read then include their priority.
 */
function isGuess({ state, priority }: Seen, destination: Destination): boolean {
  return destination.state === "todo" && priority === undefined && state !== "done" && state !== "failed";
}

function isPriority(priority: number): Condition {
  return { expression: `${ATTR.priority} = :priority`, names: {}, values: { ":priority": priority } };
}

function onlyPriority({ steps }: Settings, step: string): number | undefined {
  const priorities = steps.get(step) ?? [];
  return priorities.length === 1 ? priorities[0] : undefined;
}

/** Whether the row is already as this move wanted it. */
function isAlreadyThere(row: Row, written: Row): boolean {
  const compared = [ATTR.state, ATTR.stateKey, ATTR.stateSort];
  return compared.every((name) => row[name] === written[name]) && parkedOf(row)?.token === parkedOf(written)?.token;
}
