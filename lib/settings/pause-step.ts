import { UsageError } from "../errors.ts";
import { type Paused, parseSettings, SETTING, type Settings } from "../store/settings.ts";
import { changeSettings } from "../store/settings-row.ts";
import type { Table } from "../table.ts";
import { noSuchStep } from "./no-such-step.ts";

/** Whether a step is paused now, and whether this call changed that. */
export interface PauseResult {
  step: string;
  changed: boolean;
  paused?: Paused;
}

/** Who pauses a step, and why. */
export interface PauseOptions {
  by: string;
  why?: string;
}

/**
 * Makes workers leave a step alone; items that are running are finished. A step that is already paused stays so, and
 * keeps its reason. Throws UsageError for an unknown step.
 */
export async function pauseStep(
  table: Table,
  step: string,
  { by, why = "paused by hand" }: PauseOptions,
): Promise<PauseResult> {
  mustKnow(await table.settings.get(0), step);
  const paused: Paused = { since: new Date(table.now()).toISOString(), by, why };
  const attribute = SETTING.paused(step);
  const { won, row } = await changeSettings(table, { set: { [attribute]: paused }, absent: [attribute] });
  const now = table.settings.keep(parseSettings(row)).paused.get(step);
  return { step, changed: won, ...(now && { paused: now }) };
}

/**
 * Lets workers take items of a step again, and restarts its trial: earlier failures no longer count. Throws UsageError
 * for an unknown step.
 */
export async function resumeStep(table: Table, step: string): Promise<PauseResult> {
  const before = await table.settings.get(0);
  mustKnow(before, step);
  const { row } = await changeSettings(table, {
    set: { [SETTING.trialSinceMs(step)]: table.now() },
    remove: [SETTING.paused(step), SETTING.trialOver(step), SETTING.trialFailed(step)],
  });
  table.settings.keep(parseSettings(row));
  return { step, changed: before.paused.has(step) };
}

/** A step of a table, and its pause if it has one. */
export interface StepState {
  step: string;
  paused?: Paused;
}

/** All steps that the table has ever had, sorted by name. */
export async function listSteps(table: Table): Promise<StepState[]> {
  const { steps, paused } = await table.settings.get(0);
  return [...steps.keys()].sort().map((step) => {
    const pause = paused.get(step);
    return { step, ...(pause && { paused: pause }) };
  });
}

function mustKnow(settings: Settings, step: string): void {
  const problem = noSuchStep(settings, step);
  if (problem !== undefined) throw new UsageError(problem);
}
