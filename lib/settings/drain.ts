import { type Draining, parseSettings, SETTING } from "../store/settings.ts";
import { changeSettings } from "../store/settings-row.ts";
import type { Table } from "../table.ts";

/** Since when a table has been draining, and whether this call started it. */
export interface DrainResult {
  draining: Draining;
  changed: boolean;
}

/**
 * Makes workers claim nothing more, and launches start none. Workers notice within 30 s, when they next read the
 * settings; running items finish.
 */
export async function drain(table: Table, by: string): Promise<DrainResult> {
  // throws for a table that only a newer version knows
  await table.settings.get(0);
  const draining: Draining = { since: new Date(table.now()).toISOString(), by };
  const { won, row } = await changeSettings(table, {
    set: { [SETTING.draining]: draining },
    remove: [SETTING.atRestSinceMs],
    absent: [SETTING.draining],
  });
  return { draining: table.settings.keep(parseSettings(row)).draining ?? draining, changed: won };
}

/** Undoes {@link drain}; false if the table was not draining. */
export async function liftDrain(table: Table): Promise<boolean> {
  const wasDraining = (await table.settings.get(0)).draining !== undefined;
  if (!wasDraining) return false;
  const { row } = await changeSettings(table, { remove: [SETTING.draining, SETTING.atRestSinceMs] });
  table.settings.keep(parseSettings(row));
  return true;
}
