import { escapeKeyPart } from "../ids.ts";
import { ATTR, type Row } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import type { Condition } from "./expression.ts";
import { readRow } from "./read-row.ts";
import { updateRow } from "./write-row.ts";

/*
 * One row for each step that anything is imported into or waits for, and one for the table as a whole, where items wait
 * that name items which do not exist:
 *
 *   itemID            #gate#<step>, or #gate
 *   taskKey           gate
 *   Running           the ids of the imports that are writing into the step
 *   Running#<id>      when that import last reported, in milliseconds
 *   Wakes             what to re-evaluate when such an import ends, or an item is added: see depend/wakes.ts
 *   Marked            the item that carries the mark of everything that waits for the whole step; a hint
 */

/** What is known about a step as a whole. */
export interface Gate {
  /** imports that are writing into the step, and when each last reported */
  running: ReadonlyMap<string, number>;
  wakes: ReadonlySet<string>;
  marked?: string;
}

const GATE = "gate";
const RUNNING = "Running";
const RUNNING_SINCE = "Running#";
const MARKED = "Marked";

/** How often an import reports that it is still running. */
export const RUNNING_BEAT_MS = 60_000;
/** An import that has not reported for this long has died: by then a retry of its event would have arrived. */
export const RUNNING_EXPIRES_MS = 20 * 60_000;

/** The key of a step's gate; without a step, of the table's. */
export function gateKey(step?: string): Row {
  return { [ATTR.itemId]: step === undefined ? "#gate" : `#gate#${escapeKeyPart(step)}`, [ATTR.taskKey]: GATE };
}

/** The gate of a step, or of the table, read with strong consistency. */
export async function readGate(table: Connection, step?: string): Promise<Gate> {
  return parseGate(await readRow(table, gateKey(step)));
}

function parseGate(row: Row = {}): Gate {
  const marked = row[MARKED];
  const ids = row[RUNNING] instanceof Set ? [...row[RUNNING]].map(String) : [];
  return {
    running: new Map(ids.map((id) => [id, Number(row[RUNNING_SINCE + id] ?? 0)])),
    wakes: wakesOn(row),
    ...(typeof marked === "string" && { marked }),
  };
}

/** The wakes on a gate's row or on an item's. */
export function wakesOn(row: Row | undefined): ReadonlySet<string> {
  const wakes = row?.[ATTR.wakes];
  return wakes instanceof Set ? (wakes as Set<string>) : NO_WAKES;
}

const NO_WAKES: ReadonlySet<string> = new Set();

/** Records that an import writes into a step. Repeated every minute while the import runs. */
export async function beginRunning(table: Connection, step: string, importId: string): Promise<void> {
  const changes = { set: { [RUNNING_SINCE + importId]: table.now() }, add: { [RUNNING]: new Set([importId]) } };
  await updateRow(table, gateKey(step), { changes });
}

/** Records that an import no longer writes into a step, and returns the gate after that write. */
export async function endRunning(table: Connection, step: string, importId: string): Promise<Gate> {
  const changes = { remove: [RUNNING_SINCE + importId], drop: { [RUNNING]: new Set([importId]) } };
  return parseGate((await updateRow(table, gateKey(step), { changes, returning: "new" })).row);
}

/** Removes a dead import from a gate, unless it has reported again since it was seen. */
export async function dropRunning(table: Connection, step: string, dead: { id: string; seenMs: number }) {
  const { id, seenMs } = dead;
  const changes = { remove: [RUNNING_SINCE + id], drop: { [RUNNING]: new Set([id]) } };
  await updateRow(table, gateKey(step), { changes, condition: isOrLacks(RUNNING_SINCE + id, seenMs || undefined) });
}

/** Removes the wakes from a gate and returns them, unless an import is running. */
export async function takeWakes(table: Connection, step?: string): Promise<ReadonlySet<string>> {
  const changes = { remove: [ATTR.wakes] };
  const taken = await updateRow(table, gateKey(step), { changes, condition: NOT_RUNNING, returning: "old" });
  return taken.won ? wakesOn(taken.row) : NO_WAKES;
}

/** Records which item carries the mark of everything that waits for the whole step. */
export async function noteMarked(table: Connection, step: string, itemId: string): Promise<void> {
  await updateRow(table, gateKey(step), { changes: { set: { [MARKED]: itemId } } });
}

const NOT_RUNNING: Condition = { expression: "attribute_not_exists(#Running)", names: { "#Running": RUNNING } };

/** An import is running. */
export const IS_RUNNING: Condition = { expression: "attribute_exists(#Running)", names: { "#Running": RUNNING } };

function isOrLacks(attribute: string, value: unknown): Condition {
  const names = { "#attribute": attribute };
  return value === undefined
    ? { expression: "attribute_not_exists(#attribute)", names }
    : { expression: "#attribute = :value", names, values: { ":value": value } };
}
