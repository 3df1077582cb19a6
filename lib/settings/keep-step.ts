import { NotFoundError } from "../errors.ts";
import { type GivenKeep, parseSettings, SETTING, UNTIL_FOLLOWERS_DONE } from "../store/settings.ts";
import { changeSettings } from "../store/settings-row.ts";
import type { Table } from "../table.ts";
import { noSuchStep } from "./no-such-step.ts";

/** How long the results of a step are kept, and whether a call changed that. */
export interface KeepResult {
  step: string;
  keep: GivenKeep;
  changed: boolean;
}

/** Sets how long the results of a step are kept. Throws NotFoundError for an unknown step. */
export async function keepStep(table: Table, step: string, keep: GivenKeep): Promise<KeepResult> {
  const problem = noSuchStep(await table.settings.get(0), step);
  if (problem !== undefined) throw new NotFoundError(problem);
  return { step, keep, changed: (await setKeeps(table, new Map([[step, keep]]))) > 0 };
}

/**
 * Sets how long the results of these steps are kept; writes only what changes. Returns for how many steps it changed.
 */
export async function setKeeps(table: Table, wanted: ReadonlyMap<string, GivenKeep>): Promise<number> {
  if (wanted.size === 0) return 0;
  const { keeps } = await table.settings.get(0);
  const changed = [...wanted].filter(([step, keep]) => (keeps.get(step) ?? "forever") !== keep);
  if (changed.length === 0) return 0;
  const until = changed.filter(([, keep]) => keep === UNTIL_FOLLOWERS_DONE);
  const forever = changed.filter(([, keep]) => keep === "forever");
  const { row } = await changeSettings(table, {
    set: Object.fromEntries(until.map(([step, keep]) => [SETTING.keep(step), keep])),
    remove: forever.map(([step]) => SETTING.keep(step)),
  });
  table.settings.keep(parseSettings(row));
  return changed.length;
}
