import { partsOf } from "../depend/decide.ts";
import { readSnapshot } from "../depend/snapshot.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { dependenciesOf, isDependent } from "../items/dependencies.ts";
import type { Item } from "../items/item.ts";
import { ATTR } from "../store/attributes.ts";
import { itemKey } from "../store/keys.ts";
import { ROWS_A_READ, readRows } from "../store/read-rows.ts";
import type { Table } from "../table.ts";

/** How many rows of predecessors are read, at one read unit each. */
const MOST = 1_000;

/**
 * Items whose old results a done item used: they were started over after it was claimed, and have either been done
 * again or are not done yet. Sorted. For a whole step, only those that have been done again; `late` samples were not
 * used at all.
 */
export async function outdatedBy(table: Table, item: Item, late: ReadonlySet<string>): Promise<string[]> {
  if (!isDependent(item)) return [];
  const { itemId, taskId, step } = item;
  const watcher = { itemId, taskId, step, dependencies: dependenciesOf(item), stateSort: "" };
  const parts = partsOf(watcher, await readSnapshot(table, [watcher]));
  const redone = parts.flatMap(({ found, isWhole }) =>
    found.filter(
      ({ state, taskId: sample }) => !isWhole && state !== "done" && state !== "failed" && !late.has(sample),
    ),
  );
  const done = parts.flatMap(({ found }) => found.filter((one) => one.state === "done" && !late.has(one.taskId)));
  const ids = [...new Set([itemId, ...done.map((one) => one.itemId)])].slice(0, MOST);
  const dates = new Map<string, { claimed: string; ended: string }>();
  for (const chunk of chunksOf(ids, ROWS_A_READ)) {
    const attributes = [ATTR.itemId, ATTR.lockDate, ATTR.doneDate];
    for (const row of await readRows(
      table,
      chunk.map((id) => itemKey(id)),
      attributes,
    )) {
      const [claimed, ended] = [String(row[ATTR.lockDate] ?? ""), String(row[ATTR.doneDate] ?? "")];
      dates.set(String(row[ATTR.itemId]), { claimed, ended });
    }
  }
  const claimed = dates.get(itemId)?.claimed ?? "";
  if (claimed === "") return [];
  const again = ids.filter((id) => id !== itemId && (dates.get(id)?.ended ?? "") > claimed);
  return [...new Set([...redone.map((one) => one.itemId), ...again])].sort();
}
