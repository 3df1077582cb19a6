import { type Draining, parseSettings, SETTING } from "../store/settings.ts";
import { changeSettings } from "../store/settings-row.ts";
import type { Table } from "../table.ts";

/** Since when a table is drained, and whether it was before this call. */
export interface DrainResult {
  draining: Draining;
  changed: boolean;
}

/**
 * Has workers claim nothing more, and launches start none. Workers know within 30 s, from the settings that they read
 * now and then anyway; what runs goes on.
 */
export async function drain(table: Table, by: string): Promise<DrainResult> {
  const draining: Draining = { since: new Date(table.now()).toISOString(), by };
  const { won, row } = await changeSettings(table, {
    set: { [SETTING.draining]: draining },
    absent: [SETTING.draining],
  });
  return { draining: table.settings.keep(parseSettings(row)).draining ?? draining, changed: won };
}

/** Takes {@link drain} back; false if the table was not being drained. */
export async function liftDrain(table: Table): Promise<boolean> {
  const was = (await table.settings.get(0)).draining !== undefined;
  if (!was) return false;
  const { row } = await changeSettings(table, { remove: [SETTING.draining] });
  table.settings.keep(parseSettings(row));
  return true;
}
