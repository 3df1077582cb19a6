import { isoDate } from "../iso-date.ts";
import type { Item, Removal } from "../items/item.ts";
import { ATTR } from "../store/attributes.ts";
import { isStill } from "../store/conditions.ts";
import { allOf, type Condition } from "../store/expression.ts";
import { itemKey } from "../store/keys.ts";
import { readItem } from "../store/read-row.ts";
import { storedRemoval } from "../store/results-on-row.ts";
import { updateRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";

/*
 * How unneeded results are removed safely while people reset items and workers start to read results:
 *
 *   1. Write the mark `asked` on the row, if the item is still done and has not run again.
 *   2. Read the followers once more. If one is no longer done, take the mark back.
 *   3. Replace `asked` by `decided`, if it is still there. From now on the results count as removed.
 *   4. Delete the files, then write `gone`.
 *
 * A worker stages inputs after it has claimed its item. If it reads the predecessor's row before 1, step 2 sees the
 * claim. If it reads the row later, it sees the mark: it takes back `asked`, which prevents 3, or fails its item with
 * the reason. A process that dies in between leaves a mark, and the next sweep continues from it. The mark names an
 * attempt, and attempts are never reused: later results are safe, however late a process reads or deletes.
 */

/** Step 1. Undefined if the item has changed, or another process is removing its results. */
export async function askRemoval(table: Table, item: Item): Promise<Removal | undefined> {
  const { itemId, attempt, removal: before, endedAtMs = 0 } = item;
  const removal: Removal = { attempt, atMs: table.now(), phase: "asked" };
  const isDone: Condition = {
    expression: "#ItemState = :done AND #Done_Date = :ended",
    names: { "#ItemState": ATTR.state, "#Done_Date": ATTR.doneDate },
    values: { ":done": "done", ":ended": isoDate(endedAtMs) },
  };
  const condition = allOf(isDone, isStill(ATTR.attempt, attempt), before ? isMark(before) : NO_MARK);
  return (await write(table, itemId, removal, condition)) ? removal : undefined;
}

/** Step 3 or the end of step 4. False if the mark is no longer there. */
export async function advanceRemoval(table: Table, itemId: string, from: Removal, phase: "decided" | "gone") {
  return await write(table, itemId, { ...from, phase }, isMark(from));
}

/** Takes back `asked`. False if the mark is no longer there. */
export async function takeBack(table: Table, itemId: string, removal: Removal): Promise<boolean> {
  const changes = { remove: [ATTR.removal] };
  return (await updateRow(table, itemKey(itemId), { changes, condition: isMark(removal) })).won;
}

/** Call this before reading an item's results: takes back `asked`, and returns the item as it is then. */
export async function keepResults(table: Table, item: Item): Promise<Item> {
  let now = item;
  while (now.removal?.phase === "asked") {
    await takeBack(table, now.itemId, now.removal);
    const found = await readItem(table, now.itemId);
    if (!found) return { ...now, removal: undefined } as Item;
    now = found;
  }
  return now;
}

async function write(table: Table, itemId: string, removal: Removal, condition: Condition): Promise<boolean> {
  const changes = { set: { [ATTR.removal]: storedRemoval(removal) } };
  return (await updateRow(table, itemKey(itemId), { changes, condition })).won;
}

const NO_MARK: Condition = {
  expression: "attribute_not_exists(#Results_Removed)",
  names: { "#Results_Removed": ATTR.removal },
};

function isMark({ attempt, atMs, phase }: Removal): Condition {
  const at = (name: string) => `#Results_Removed.#${name} = :mark${name}`;
  return {
    expression: [at("Attempt"), at("AtMs"), at("Phase")].join(" AND "),
    names: { "#Results_Removed": ATTR.removal, "#Attempt": "Attempt", "#AtMs": "AtMs", "#Phase": "Phase" },
    values: { ":markAttempt": attempt, ":markAtMs": atMs, ":markPhase": phase },
  };
}
