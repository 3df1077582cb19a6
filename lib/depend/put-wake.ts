import { ATTR, type Row } from "../store/attributes.ts";
import type { Condition } from "../store/expression.ts";
import { gateKey, IS_RUNNING, wakesOn } from "../store/gates.ts";
import { itemKey } from "../store/keys.ts";
import { stateOf } from "../store/rows.ts";
import { updateRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";
import { isUnfinished } from "./decide.ts";
import type { Predecessor } from "./snapshot.ts";
import { MAX_WAKES } from "./wakes.ts";

/**
 * The result of putting a name: `put`; `full`, the set has no room for an item's name; or `changed`, the row has
 * changed since it was read, so the watcher must be evaluated again.
 */
export type PutWake = "put" | "full" | "changed";

/** Puts a name onto an item that was unfinished or failed when read, if it still is. 1 write unit. */
export async function putWakeOn(
  table: Table,
  on: Pick<Predecessor, "itemId" | "step" | "state">,
  name: string,
): Promise<PutWake> {
  const isStill = isUnfinished(on) ? UNFINISHED : FAILED;
  const condition = both(isStill, { step: on.step, name });
  const result = await add(table, itemKey(on.itemId), name, condition);
  if (result.won) return "put";
  const { row } = result;
  const state = stateOf(row);
  const isAsRead = state && row?.[ATTR.step] === on.step && isUnfinished({ state }) === isUnfinished(on);
  if (!isAsRead || (state === "failed") !== (on.state === "failed")) return "changed";
  return wakesOn(row).has(name) ? "put" : "full";
}

/** Puts a name onto a gate; with `ifRunning`, only while an import is running there. 1 write unit. */
export async function putWakeOnGate(
  table: Table,
  step: string | undefined,
  name: string,
  { ifRunning }: { ifRunning: boolean },
): Promise<PutWake> {
  const parts = [...(ifRunning ? [IS_RUNNING] : []), ...(isOfItem(name) ? [HAS_ROOM] : [])];
  const names = Object.assign({}, ...parts.map((part) => part.names));
  const condition: Condition | undefined =
    parts.length === 0
      ? undefined
      : {
          expression: parts.map(({ expression }) => `(${expression})`).join(" AND "),
          names,
          values: isOfItem(name) ? { ":name": name, ":most": MAX_WAKES } : {},
        };
  const result = await add(table, gateKey(step), name, condition);
  if (result.won) return "put";
  const isOver = ifRunning && result.row?.Running === undefined;
  return isOver ? "changed" : "full";
}

function add(table: Table, key: Row, name: string, condition: Condition | undefined) {
  return updateRow(table, key, { changes: { add: { [ATTR.wakes]: new Set([name]) } }, condition });
}

/** There are few names of whole steps, and these must always find room. */
function isOfItem(name: string): boolean {
  return name.startsWith("i#");
}

const UNFINISHED = `${ATTR.state} <> :done AND ${ATTR.state} <> :failed`;
const FAILED = `${ATTR.state} = :failed`;

const HAS_ROOM: Condition = {
  expression: `attribute_not_exists(${ATTR.wakes}) OR size(${ATTR.wakes}) < :most OR contains(${ATTR.wakes}, :name)`,
  names: {},
};

function both(isStill: string, { step, name }: { step: string; name: string }): Condition {
  const room = isOfItem(name) ? ` AND (${HAS_ROOM.expression})` : "";
  return {
    expression: `${ATTR.step} = :step AND ${isStill}${room}`,
    names: {},
    values: {
      ":step": step,
      ":failed": "failed",
      ...(isStill === UNFINISHED && { ":done": "done" }),
      ...(room && { ":name": name, ":most": MAX_WAKES }),
    },
  };
}
