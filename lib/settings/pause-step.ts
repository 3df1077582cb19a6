import { NotFoundError, UsageError } from "../errors.ts";
import { idProblem, MAX_STEP_BYTES } from "../ids.ts";
import { type Keep, type Pause, type Paused, parseSettings, SETTING, type Settings } from "../store/settings.ts";
import { changeSettings } from "../store/settings-row.ts";
import type { Table } from "../table.ts";
import { noSuchStep } from "./no-such-step.ts";
import { PAUSED_BY_HAND } from "./standstills.ts";

/** Whether a step is paused now, and whether this call changed that. */
export interface PauseResult {
  step: string;
  changed: boolean;
  paused?: Paused;
  /** set if the table has no items of this step yet: it will be paused from the first one on */
  isNew?: true;
}

/** How many pauses of a step are remembered. */
const PAUSES_KEPT = 20;

/** Who pauses a step, and why. */
export interface PauseOptions {
  by: string;
  why?: string;
}

/**
 * Stops workers from claiming items of a step; running items finish. A step that is already paused stays paused and
 * keeps its reason. A step may be paused before it has items. Throws UsageError for a name that no step can have.
 */
export async function pauseStep(
  table: Table,
  step: string,
  { by, why = PAUSED_BY_HAND }: PauseOptions,
): Promise<PauseResult> {
  const problem = idProblem(step, MAX_STEP_BYTES);
  if (problem) throw new UsageError(`step: expected a name of 1 to ${MAX_STEP_BYTES} bytes, found ${problem}`);
  const isNew = !(await table.settings.get(0)).steps.has(step);
  const paused: Paused = { since: new Date(table.now()).toISOString(), by, why };
  const attribute = SETTING.paused(step);
  const { won, row } = await changeSettings(table, {
    set: { [attribute]: paused },
    remove: [SETTING.atRestSinceMs],
    absent: [attribute],
  });
  const now = table.settings.keep(parseSettings(row)).paused.get(step);
  return { step, changed: won, ...(now && { paused: now }), ...(isNew && { isNew }) };
}

/**
 * Lets workers claim items of a step again, and restarts its trial: earlier failures no longer count. Throws
 * NotFoundError for an unknown step.
 */
export async function resumeStep(table: Table, step: string): Promise<PauseResult> {
  const before = await table.settings.get(0);
  if (!before.paused.has(step)) mustKnow(before, step);
  const { row } = await changeSettings(table, {
    set: { [SETTING.trialSinceMs(step)]: table.now(), ...pausesNow(before, step, table.now()) },
    remove: [SETTING.paused(step), SETTING.trialOver(step), SETTING.trialFailed(step), SETTING.atRestSinceMs],
  });
  table.settings.keep(parseSettings(row));
  return { step, changed: before.paused.has(step) };
}

/** The finished pauses of a step, including the one that ends now. */
function pausesNow({ paused, pauses }: Settings, step: string, nowMs: number): Record<string, Pause[]> {
  const fromMs = Date.parse(paused.get(step)?.since ?? "");
  if (Number.isNaN(fromMs)) return {};
  return { [SETTING.pauses(step)]: [...(pauses.get(step) ?? []), { fromMs, toMs: nowMs }].slice(-PAUSES_KEPT) };
}

/** A step of a table, and its pause if it has one. */
export interface StepState {
  step: string;
  paused?: Paused;
  /** how long its results stay; absent: forever */
  keep?: Keep;
}

/** All steps that the table has ever had, and those that were paused before they had items, sorted by name. */
export async function listSteps(table: Table): Promise<StepState[]> {
  const { steps, paused, keeps } = await table.settings.get(0);
  return [...new Set([...steps.keys(), ...paused.keys()])].sort().map((step) => {
    const pause = paused.get(step);
    const keep = keeps.get(step);
    return { step, ...(pause && { paused: pause }), ...(keep && { keep }) };
  });
}

function mustKnow(settings: Settings, step: string): void {
  const problem = noSuchStep(settings, step);
  if (problem !== undefined) throw new NotFoundError(problem);
}
