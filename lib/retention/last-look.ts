import { ATTR, type Row } from "../store/attributes.ts";
import { readRow } from "../store/read-row.ts";
import { updateRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";

/** When results to remove were last looked for. Stored on a separate row: `#retention`, `retention`. */
export interface LastLook {
  /** everything that ended before this has been checked, except what the index showed late */
  lookedAtMs: number;
  /** when all items of these steps were last checked */
  wholeAtMs: number;
  /** the steps that do not keep their results, as JSON */
  steps: string;
}

const KEY: Row = { [ATTR.itemId]: "#retention", [ATTR.taskKey]: "retention" };
const [LOOKED, WHOLE, STEPS] = ["Looked_AtMs", "Whole_AtMs", "Steps"];

/** Undefined if there has been no look yet. */
export async function readLook(table: Table): Promise<LastLook | undefined> {
  const row = await readRow(table, KEY);
  return row && { lookedAtMs: Number(row[LOOKED]), wholeAtMs: Number(row[WHOLE]), steps: String(row[STEPS]) };
}

/**
 * Records a finished look. Of two concurrent looks, the last to end counts, even if it began first: see LOOK_BACK_MS.
 */
export async function writeLook(table: Table, { lookedAtMs, wholeAtMs, steps }: LastLook): Promise<void> {
  await updateRow(table, KEY, { changes: { set: { [LOOKED]: lookedAtMs, [WHOLE]: wholeAtMs, [STEPS]: steps } } });
}
