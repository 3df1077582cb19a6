import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { membersOfStep } from "../store/members.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { readRemoval } from "../store/results-on-row.ts";
import type { Table } from "../table.ts";
import { readLook } from "./last-look.ts";

const WIDTH = 8;

/** Counts, by step, the items whose results were removed. Reads all rows of the steps that have, or had, `keep`. */
export async function removedBySteps(table: Table): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const look = await readLook(table);
  if (!look) return found;
  const { keeps, shards } = await table.settings.get();
  for (const step of new Set([...(JSON.parse(look.steps) as string[]), ...keeps.keys()])) {
    const ids = (await membersOfStep(table, step, shards)).map(({ itemId }) => itemId);
    const counts = await sideBySide(chunksOf(ids, ROWS_A_READ), WIDTH, async (chunk) => {
      const rows = await readItemRows(table, chunk);
      return rows.filter((row) => ["decided", "gone"].includes(readRemoval(row)?.phase ?? "")).length;
    });
    const count = counts.reduce((sum, one) => sum + one, 0);
    if (count > 0) found.set(step, count);
  }
  return found;
}
