import { escapeKeyPart, unescapeKeyPart } from "../ids.ts";
import type { Cause } from "../items/states.ts";
import type { Connection } from "./connection.ts";
import { MAX_PRIORITY, priorityBand } from "./keys.ts";
import { readRow } from "./read-row.ts";
import { SETTINGS_KEY } from "./schema.ts";
import { updateRow } from "./write-row.ts";

/** How many shards a table gets that says nothing: few enough to go round, enough for some 4,000 workers. */
export const DEFAULT_SHARDS = 16;

/** What a table's settings row says. */
export interface Settings {
  /** fixed when the table gets its first item: the keys of all items depend on it */
  shards: number;
  /** the steps that have ever had items, and the priorities seen in each, highest first */
  steps: ReadonlyMap<string, readonly number[]>;
  /** steps that workers leave alone */
  paused: ReadonlyMap<string, Paused>;
  /** steps of which an item has failed, or that were resumed */
  trials: ReadonlyMap<string, Trial>;
  /** set: workers claim nothing, and no launch but a person's starts any */
  draining?: Draining;
  launch: LaunchNote;
}

/** Since when, by whom and why a step is paused. */
export interface Paused {
  /** ISO 8601 UTC */
  since: string;
  by: string;
  why: string;
  /** what failures paused it: of the first `ended` items so many had `failed`, most of them for this cause */
  trial?: { ended: number; failed: number; cause: Cause; exitCode?: number };
}

/** What is known of the first items of a step: as long as they are on trial, too many failures pause it. */
export interface Trial {
  /** enough items have been done: failures pause the step no more */
  over: boolean;
  /** items that were claimed, or done, before do not count */
  sinceMs?: number;
  /** a mark for each item that has failed: see failure-watch.ts */
  failed: ReadonlySet<string>;
}

/** Since when, and by whom, the table is drained. */
export interface Draining {
  /** ISO 8601 UTC */
  since: string;
  by: string;
}

/** What launches tell one another. */
export interface LaunchNote {
  /** until when one is at work that has not given the word back, in milliseconds since the epoch */
  busyUntilMs?: number;
  /** what the last one submitted: Batch may not list it yet */
  last?: { jobId: string; workers: number; atMs: number };
}

/** Stored names. Those of a step have its escaped name behind them: a map in a map cannot be written blindly. */
export const SETTING = {
  shards: "Shards",
  lanes: "Lanes",
  draining: "Draining",
  launchToken: "Launch_Token",
  launchUntilMs: "Launch_UntilMs",
  lastLaunch: "Last_Launch",
  paused: (step: string) => `${PAUSED}${escapeKeyPart(step)}`,
  trialOver: (step: string) => `${TRIAL_OVER}${escapeKeyPart(step)}`,
  trialSinceMs: (step: string) => `${TRIAL_SINCE}${escapeKeyPart(step)}`,
  trialFailed: (step: string) => `${TRIAL_FAILED}${escapeKeyPart(step)}`,
} as const;
const PAUSED = "Paused#";
const TRIAL_OVER = "Trial_Over#";
const TRIAL_SINCE = "Trial_SinceMs#";
const TRIAL_FAILED = "Trial_Failed#";

/** Reads the settings row; a table without one has no steps yet. */
export async function readSettings(table: Connection): Promise<Settings> {
  return parseSettings(await readRow(table, SETTINGS_KEY));
}

/**
 * Makes sure that the settings row exists and knows each (step, priority), and returns it as it then is.
 * Adding to a set needs no condition: it may happen twice and from many sides.
 */
export async function registerLanes(
  table: Connection,
  lanes: readonly { step: string; priority: number }[],
  shards = DEFAULT_SHARDS,
): Promise<Settings> {
  const members = lanes.map(({ step, priority }) => `${priorityBand(priority)}#${escapeKeyPart(step)}`);
  const changes = {
    compute: {
      [SETTING.shards]: {
        expression: "if_not_exists(#Shards, :shards)",
        names: { "#Shards": SETTING.shards },
        values: { ":shards": shards },
      },
    },
    add: members.length > 0 ? { [SETTING.lanes]: new Set(members) } : undefined,
  };
  return parseSettings((await updateRow(table, SETTINGS_KEY, { changes, returning: "new" })).row);
}

/** Reads the settings row, which may not be there. */
export function parseSettings(row: Record<string, unknown> = {}): Settings {
  const shards = row[SETTING.shards];
  const draining = row[SETTING.draining] as Draining | undefined;
  return {
    shards: typeof shards === "number" ? shards : DEFAULT_SHARDS,
    steps: parseLanes(row[SETTING.lanes]),
    paused: new Map(ofSteps(row, PAUSED) as [string, Paused][]),
    trials: parseTrials(row),
    ...(draining && { draining }),
    launch: parseLaunch(row),
  };
}

function parseLanes(lanes: unknown): Map<string, number[]> {
  const steps = new Map<string, number[]>();
  for (const lane of textsOf(lanes).sort()) {
    const [band = "", step = ""] = lane.split("#");
    const name = unescapeKeyPart(step);
    steps.set(name, [...(steps.get(name) ?? []), MAX_PRIORITY - Number(band)]);
  }
  return steps;
}

function parseTrials(row: Record<string, unknown>): Map<string, Trial> {
  const over = new Map(ofSteps(row, TRIAL_OVER));
  const since = new Map(ofSteps(row, TRIAL_SINCE));
  const failed = new Map(ofSteps(row, TRIAL_FAILED));
  const steps = new Set([...over.keys(), ...since.keys(), ...failed.keys()]);
  return new Map(
    [...steps].map((step) => {
      const sinceMs = since.get(step);
      return [
        step,
        {
          over: over.has(step),
          ...(typeof sinceMs === "number" && { sinceMs }),
          failed: new Set(textsOf(failed.get(step))),
        },
      ];
    }),
  );
}

function parseLaunch(row: Record<string, unknown>): LaunchNote {
  const busyUntilMs = row[SETTING.launchUntilMs];
  const last = row[SETTING.lastLaunch] as LaunchNote["last"];
  return { ...(typeof busyUntilMs === "number" && { busyUntilMs }), ...(last && { last }) };
}

/** The attributes of single steps that begin so: step and value. */
function ofSteps(row: Record<string, unknown>, prefix: string): [string, unknown][] {
  return Object.entries(row)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [unescapeKeyPart(name.slice(prefix.length)), value]);
}

function textsOf(set: unknown): string[] {
  return set instanceof Set ? [...set].map(String) : [];
}
