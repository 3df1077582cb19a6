import { escapeKeyPart, unescapeKeyPart } from "../ids.ts";
import type { Dependencies } from "../items/dependencies.ts";
import type { Cause } from "../items/states.ts";
import type { Connection } from "./connection.ts";
import type { Condition } from "./expression.ts";
import { MAX_PRIORITY, priorityBand } from "./keys.ts";
import { unknownNeeds } from "./needs.ts";
import { readRow } from "./read-row.ts";
import { type AtRest, parseRest, REST } from "./rest.ts";
import { SETTINGS_KEY } from "./schema.ts";
import { ORDER, parseOrder, type WorkflowOrder } from "./workflow-order.ts";
import { updateRow } from "./write-row.ts";

/** Shards of a table by default: few enough to search quickly, enough for about 4,000 workers. */
export const DEFAULT_SHARDS = 16;

/** What a table's settings row says. */
export interface Settings {
  /** fixed when the table gets its first item: all index keys depend on it */
  shards: number;
  /** the lanes: steps that have ever had items, and the priorities seen in each, highest first */
  steps: ReadonlyMap<string, readonly number[]>;
  /** steps whose items workers do not claim */
  paused: ReadonlyMap<string, Paused>;
  /**
   * the most recent finished pauses of a step, oldest first: what ended before a pause says nothing about current speed
   */
  pauses: ReadonlyMap<string, readonly Pause[]>;
  /** steps that had a failed item, or were resumed */
  trials: ReadonlyMap<string, Trial>;
  /** if set, workers claim nothing, and only a launch by a person starts workers */
  draining?: Draining;
  launch: LaunchNote;
  /** when a person last deleted items, in milliseconds since the epoch */
  deletedAtMs?: number;
  /** set by the summarize function if nothing changes; any process removes it before it changes something */
  atRest?: AtRest;
  /** what the items of each step have ever waited for; no entry for steps whose items have never waited */
  links: ReadonlyMap<string, StepLinks>;
  /** the steps of workflow files, in the order of the files; no entry for other steps */
  order: WorkflowOrder;
  /** steps whose results are removed once everything that follows is done; results of other steps stay */
  keeps: ReadonlyMap<string, Keep>;
  /** the table comes from a version before member rows, and some items still lack theirs: see store/members.ts */
  lacksMembers: boolean;
  /** what only a newer version knows: see needs.ts */
  unknown: readonly string[];
}

/** What items of a step wait for, or have ever waited for. */
export interface StepLinks {
  /** steps whose items of the same sample they wait for */
  after: readonly string[];
  /** whole steps */
  afterAll: readonly string[];
  /** whether they wait for other items by id, in whatever step */
  afterItems: boolean;
}

/** How long the results of a step stay, if not forever. */
export type Keep = typeof UNTIL_FOLLOWERS_DONE;
export const UNTIL_FOLLOWERS_DONE = "until-followers-done";

/** What a person can choose for that. */
export type GivenKeep = "forever" | Keep;
export const KEEPS: readonly GivenKeep[] = ["forever", UNTIL_FOLLOWERS_DONE];

export function isKeep(text: string): text is GivenKeep {
  return (KEEPS as readonly string[]).includes(text);
}

/** A pause that is over, in milliseconds since the epoch. */
export interface Pause {
  fromMs: number;
  toMs: number;
}

/** Since when, by whom and why a step is paused. */
export interface Paused {
  /** ISO 8601 UTC */
  since: string;
  by: string;
  why: string;
  /** the failures that paused it: of the first `ended` items, `failed` failed, most of them with this cause */
  trial?: { ended: number; failed: number; cause: Cause; exitCode?: number };
}

/** The trial of a step: while its first items run, too many failures pause it. */
export interface Trial {
  /** enough items are done: failures no longer pause the step */
  over: boolean;
  /** items claimed or done before this do not count */
  sinceMs?: number;
  /** a mark for each item that has failed: see failure-watch.ts */
  failed: ReadonlySet<string>;
}

/** Since when, and by whom, the table has been draining. */
export interface Draining {
  /** ISO 8601 UTC */
  since: string;
  by: string;
}

/** What launches leave for each other. */
export interface LaunchNote {
  /** until when a launch holds the launch lease, in milliseconds since the epoch */
  busyUntilMs?: number;
  /** which launch holds it */
  token?: string;
  /** another launch has asked in the meantime: the lease holder counts again before it ends */
  isAsked?: boolean;
  /** the newest job, and earlier ones that Batch had not listed when it was submitted: see lib/jobs/submitted.ts */
  last?: { jobId: string; workers: number; atMs: number; earlier?: { jobId: string; workers: number; atMs: number }[] };
}

/**
 * Stored names. Names for a step end in its escaped name: a nested map would have to exist before it can be updated.
 */
export const SETTING = {
  shards: "Shards",
  /** `s#<step>#<step before>`, `a#<step>#<step before>` and `i#<step>`, escaped: see {@link StepLinks} */
  links: "Links",
  order: ORDER,
  /** 0; another number on a table from a version before member rows, until all items have theirs */
  membersMissing: "Members_Missing",
  lanes: "Lanes",
  draining: "Draining",
  launchToken: "Launch_Token",
  launchUntilMs: "Launch_UntilMs",
  launchAsked: "Launch_Asked",
  lastLaunch: "Last_Launch",
  deletedAtMs: "Deleted_AtMs",
  ...REST,
  keep: (step: string) => `${KEEP}${escapeKeyPart(step)}`,
  paused: (step: string) => `${PAUSED}${escapeKeyPart(step)}`,
  pauses: (step: string) => `${PAUSES}${escapeKeyPart(step)}`,
  trialOver: (step: string) => `${TRIAL_OVER}${escapeKeyPart(step)}`,
  trialSinceMs: (step: string) => `${TRIAL_SINCE}${escapeKeyPart(step)}`,
  trialFailed: (step: string) => `${TRIAL_FAILED}${escapeKeyPart(step)}`,
} as const;
const KEEP = "Keep#";
const PAUSED = "Paused#";
const PAUSES = "Pauses#";
const TRIAL_OVER = "Trial_Over#";
const TRIAL_SINCE = "Trial_SinceMs#";
const TRIAL_FAILED = "Trial_Failed#";

/** Reads the settings. A table without a settings row has no steps yet. */
export async function readSettings(table: Connection): Promise<Settings> {
  return parseSettings(await readRow(table, SETTINGS_KEY));
}

/**
 * Makes sure that the settings row exists and knows these lanes, and returns it. Adding to a set needs no condition: it
 * is safe to repeat, and to do concurrently.
 */
export async function registerLanes(
  table: Connection,
  lanes: readonly { step: string; priority: number }[],
  shards = DEFAULT_SHARDS,
): Promise<Settings> {
  const members = lanes.map(({ step, priority }) => `${priorityBand(priority)}#${escapeKeyPart(step)}`);
  const add = members.length > 0 ? { [SETTING.lanes]: new Set(members) } : undefined;
  const compute = { [SETTING.shards]: keepOr(SETTING.shards, shards) };
  const isOfThisVersion: Condition = {
    expression: "attribute_not_exists(#Shards) OR attribute_exists(#Members_Missing)",
    names: { "#Shards": SETTING.shards, "#Members_Missing": SETTING.membersMissing },
  };
  const complete = { ...compute, [SETTING.membersMissing]: keepOr(SETTING.membersMissing, 0) };
  const remove = [SETTING.atRestSinceMs];
  const written = await updateRow(table, SETTINGS_KEY, {
    changes: { compute: complete, add, remove },
    condition: isOfThisVersion,
    returning: "new",
  });
  if (written.won) return parseSettings(written.row);
  // a table from an earlier version keeps its own value until it is upgraded
  return parseSettings(
    (await updateRow(table, SETTINGS_KEY, { changes: { compute, add, remove }, returning: "new" })).row,
  );
}

/** Keeps an attribute's value, or sets it to `value` if it has none. */
function keepOr(attribute: string, value: number) {
  return {
    expression: `if_not_exists(#${attribute}, :${attribute})`,
    names: { [`#${attribute}`]: attribute },
    values: { [`:${attribute}`]: value },
  };
}

/** Parses the settings row, which may not exist. */
export function parseSettings(row: Record<string, unknown> = {}): Settings {
  const shards = row[SETTING.shards];
  const draining = row[SETTING.draining] as Draining | undefined;
  const deletedAtMs = row[SETTING.deletedAtMs];
  return {
    shards: typeof shards === "number" ? shards : DEFAULT_SHARDS,
    steps: parseLanes(row[SETTING.lanes]),
    paused: new Map(ofSteps(row, PAUSED) as [string, Paused][]),
    pauses: new Map(ofSteps(row, PAUSES) as [string, Pause[]][]),
    trials: parseTrials(row),
    ...(draining && { draining }),
    ...(typeof deletedAtMs === "number" && { deletedAtMs }),
    ...parseRest(row),
    launch: parseLaunch(row),
    links: parseLinks(row[SETTING.links]),
    order: parseOrder(row[SETTING.order]),
    // an unknown value, as from another version, is not a reason to remove anything
    keeps: new Map(ofSteps(row, KEEP).filter(([, keep]) => keep === UNTIL_FOLLOWERS_DONE) as [string, Keep][]),
    lacksMembers: row[SETTING.shards] !== undefined && row[SETTING.membersMissing] !== 0,
    unknown: unknownNeeds(row),
  };
}

/** The stored form of what an item of a step waits for. */
export function storedLinks(step: string, { after = [], afterAll = [], afterItems = [] }: Dependencies): string[] {
  const own = escapeKeyPart(step);
  return [
    ...after.map((before) => `s#${own}#${escapeKeyPart(before)}`),
    ...afterAll.map((before) => `a#${own}#${escapeKeyPart(before)}`),
    ...(afterItems.length > 0 ? [`i#${own}`] : []),
  ];
}

function parseLinks(links: unknown): Map<string, StepLinks> {
  const found = new Map<string, { after: string[]; afterAll: string[]; afterItems: boolean }>();
  for (const link of textsOf(links).sort()) {
    const [kind, own = "", before = ""] = link.split("#");
    const step = unescapeKeyPart(own);
    const known = found.get(step) ?? { after: [], afterAll: [], afterItems: false };
    if (kind === "s") known.after.push(unescapeKeyPart(before));
    else if (kind === "a") known.afterAll.push(unescapeKeyPart(before));
    else known.afterItems = true;
    found.set(step, known);
  }
  return found;
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
  const token = row[SETTING.launchToken];
  return {
    ...(typeof busyUntilMs === "number" && { busyUntilMs }),
    ...(typeof token === "string" && { token }),
    ...(row[SETTING.launchAsked] === true && { isAsked: true }),
    ...(last && { last }),
  };
}

/** The attributes with this prefix, as pairs of step and value. */
function ofSteps(row: Record<string, unknown>, prefix: string): [string, unknown][] {
  return Object.entries(row)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [unescapeKeyPart(name.slice(prefix.length)), value]);
}

function textsOf(set: unknown): string[] {
  return set instanceof Set ? [...set].map(String) : [];
}
