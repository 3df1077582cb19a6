import { ATTR, type Row } from "../store/attributes.ts";
import { readRow } from "../store/read-row.ts";
import { updateRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";

/** When results to be removed were last looked for. Kept on a row of its own: `#retention`, `retention`. */
export interface LastLook {
  /** what ended before has been looked at, but for what the index showed late */
  lookedAtMs: number;
  /** when all items of these steps were last looked at */
  wholeAtMs: number;
  /** the steps that do not keep their results, as JSON */
  steps: string;
}

const KEY: Row = { [ATTR.itemId]: "#retention", [ATTR.taskKey]: "retention" };
const [LOOKED, WHOLE, STEPS] = ["Looked_AtMs", "Whole_AtMs", "Steps"];

/** Undefined if nobody has looked yet. */
export async function readLook(table: Table): Promise<LastLook | undefined> {
  const row = await readRow(table, KEY);
  return row && { lookedAtMs: Number(row[LOOKED]), wholeAtMs: Number(row[WHOLE]), steps: String(row[STEPS]) };
}

/** Records a finished look. Of two concurrent ones the last to end counts, even if it began first: see LOOK_BACK_MS. */
export async function writeLook(table: Table, { lookedAtMs, wholeAtMs, steps }: LastLook): Promise<void> {
  await updateRow(table, KEY, { changes: { set: { [LOOKED]: lookedAtMs, [WHOLE]: wholeAtMs, [STEPS]: steps } } });
}
