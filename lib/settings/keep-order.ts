import { readRow } from "../store/read-row.ts";
import { SETTINGS_KEY } from "../store/schema.ts";
import { parseSettings, SETTING } from "../store/settings.ts";
import { changeSettings } from "../store/settings-row.ts";
import { mergeOrder, storedOrder, type WorkflowOrder } from "../store/workflow-order.ts";
import type { Table } from "../table.ts";

/** Adds the steps of a workflow file to the order in which steps are shown. Writes only if that changes something. */
export async function keepOrder(table: Table, added: WorkflowOrder): Promise<void> {
  let row = await readRow(table, SETTINGS_KEY);
  while (true) {
    const stored = row?.[SETTING.order];
    const order = storedOrder(mergeOrder(parseSettings(row).order, added));
    if (order === stored) return;
    // another import may be adding steps at the same time
    const written = await changeSettings(table, {
      set: { [SETTING.order]: order },
      equal: { [SETTING.order]: stored },
    });
    row = written.row;
    if (!written.won) continue;
    table.settings.keep(parseSettings(row));
    return;
  }
}
