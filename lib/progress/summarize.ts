import { Blockers } from "../depend/blockers.ts";
import { inStepOrder } from "../depend/step-order.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { isoDate } from "../iso-date.ts";
import type { ItemEntry } from "../items/item.ts";
import { type Cause, ITEM_STATES } from "../items/states.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import type { Draining, Pause, Paused, Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { CloserLook, type Looked } from "./closer-look.ts";
import { expectedEnds } from "./expected-ends.ts";
import type { ExpectedEnd } from "./expected-range.ts";
import { LateSamples, type StepRanBefore } from "./late-samples.ts";
import { type Counts, Tally, type WorkTimes } from "./tally.ts";
import { joinTimes } from "./time-off.ts";
import { Activity, idleTimes, startTimes } from "./work-times.ts";

/** A failed item, as listed in the summary. */
export interface FailedItem {
  itemID: string;
  taskID: string;
  step: string;
  cause: Cause | "unknown";
  exitCode?: number;
  /** ISO 8601 UTC */
  at: string;
}

/** The progress of a table. */
export interface Summary extends Counts {
  /** absent while no worker has an item, and while the table is draining; leaves out what waits for a paused step */
  endsBetween?: ExpectedEnd;
  table: string;
  /** when the table was read, ISO 8601 UTC */
  at: string;
  steps: Record<string, Counts>;
  /** how many items were done in each 5 minutes of the last hour, oldest first */
  lastHour?: number[];
  /** the paused steps: since when, by whom and why */
  paused: Record<string, Paused>;
  /** set while workers claim nothing: see `anamo stop` */
  draining?: Draining;
  /** items that waited for whole steps and started without samples that exist now; absent if there are none */
  ranWithout?: StepRanBefore[];
  /** items that waited for whole steps and used results that have been made again since; absent if there are none */
  ranOnOld?: StepRanBefore[];
  failures: { byCause: Partial<Record<FailedItem["cause"], number>>; newest: FailedItem[] };
}

const NEWEST = 10;
/** Queries at once: enough to read all shards in parallel, few enough for a small Lambda function. */
const WIDTH = 32;

/**
 * Receives the entries that a summary reads, so that the index is read only once. Entries that do not wait come first.
 */
export interface Onlooker {
  settings(known: Settings): void;
  add(entry: ItemEntry, how: { isBlocked: boolean; isPaused: boolean }): void;
  /** receives the rows that were read, at the end; if present, they are read even without ranges */
  looked?(rows: Looked): void;
}

/** How to summarize. */
export interface SummarizeOptions {
  onlooker?: Onlooker;
  /** leave out the ranges in which things should end, and read no rows for them */
  withoutRanges?: boolean;
}

/**
 * Counts everything in the table by reading its index, the rows of up to 100 done items of each step and of up to 300
 * running items, and at most 50 rows of each step that waits for another step as a whole. Memory grows with the number
 * of failed items and of samples in such steps, not with the total number of items.
 */
export async function summarize(
  table: Table,
  { onlooker, withoutRanges = false }: SummarizeOptions = {},
): Promise<Summary> {
  const nowMs = table.now();
  const known = await table.settings.get(0);
  onlooker?.settings(known);
  const newTally = () => new Tally(nowMs);
  const all = newTally();
  // what workers have or would take: everything except unclaimed items of paused steps
  const moving = newTally();
  const steps = new Map(inStepOrder(known.steps.keys(), known).map((step) => [step, newTally()]));
  const failures = new Failures();
  const activity = new Activity(nowMs);
  const blockers = new Blockers(known);
  const late = new LateSamples(known);
  const closer = new CloserLook(known);
  const read = (partition: string) => readInto(table, partition, take);
  const take = (entry: ItemEntry): void => {
    blockers.add(entry);
    late.add(entry);
    closer.add(entry);
    const isBlocked = entry.state === "waiting" && blockers.isBlocked(entry);
    all.add(entry, { isBlocked });
    onlooker?.add(entry, { isBlocked, isPaused: known.paused.has(entry.step) });
    if (entry.state === "locked" || !known.paused.has(entry.step)) moving.add(entry, { isBlocked });
    const step = steps.get(entry.step) ?? newTally();
    step.add(entry, { isBlocked });
    steps.set(entry.step, step);
    if (entry.state === "failed") failures.add(entry);
    if (entry.state === "locked") activity.addLocked(entry.itemId, entry.stateSort);
    else if (entry.state !== "held" && entry.endedAtMs !== undefined) activity.addEnd(entry.itemId, entry.endedAtMs);
  };
  await sideBySide(partitionsOf(known, { states: ITEM_STATES.filter((state) => state !== "waiting") }), WIDTH, read);
  // Which waiting items are blocked depends on all failures and on the size of each step before, because a share of its
  // items may be allowed to fail.
  for (const step of inStepOrder(known.steps.keys(), known)) {
    await sideBySide(partitionsOf(known, { states: ["waiting"], steps: [step] }), WIDTH, read);
  }
  const work = await workTimes(table, { known, activity, all }, nowMs);
  const { without: ranWithout, onOld: ranOnOld } = await late.find(table);
  // a step that has lost all its items, such as a mistyped one, is over; a paused one is still waiting for its items
  const shown = [...steps].filter(([step, tally]) => !tally.isEmpty || known.paused.has(step));
  const counts = new Map(shown.map(([step, tally]) => [step, tally.counts(work)]));
  const { expectedEnd: _, ...ofAll } = all.counts(work);
  const isActive = ofAll.items.locked > 0 && !known.draining;
  for (const [step, ofStep] of counts) {
    // nothing can be said about when items that wait for a worker or a person will end
    const waits = known.paused.has(step) && ofStep.items.todo > 0;
    if (!isActive || waits) delete ofStep.expectedEnd;
  }
  const expectedEnd = isActive ? moving.counts(work).expectedEnd : undefined;
  const needsRows = onlooker?.looked !== undefined || (isActive && !withoutRanges);
  const rows = needsRows ? await closer.read(table, nowMs) : undefined;
  if (rows) onlooker?.looked?.(rows);
  const ends = rows && isActive && !withoutRanges ? expectedEnds(counts, known, rows, nowMs) : undefined;
  for (const [step, endsBetween] of ends?.steps ?? []) Object.assign(counts.get(step) ?? {}, { endsBetween });
  return {
    table: table.name,
    at: isoDate(nowMs),
    ...ofAll,
    ...(expectedEnd !== undefined && { expectedEnd }),
    ...(ends?.all && { endsBetween: ends.all }),
    steps: Object.fromEntries(counts),
    ...(ofAll.throughput && { lastHour: all.lastHour() }),
    paused: Object.fromEntries([...known.paused].sort()),
    ...(known.draining && { draining: known.draining }),
    ...(ranWithout.length > 0 && { ranWithout }),
    ...(ranOnOld.length > 0 && { ranOnOld }),
    failures: failures.result(),
  };
}

async function readInto(table: Table, partition: string, take: (entry: ItemEntry) => void): Promise<void> {
  for await (const page of readPartition(table, partition)) for (const entry of page) take(entry);
}

async function workTimes(
  table: Table,
  { known, activity, all }: { known: Settings; activity: Activity; all: Tally },
  nowMs: number,
): Promise<WorkTimes> {
  const pausesOf = pausesUntil(known, nowMs);
  const [idle, starts] = await Promise.all([idleTimes(table, activity, nowMs), startTimes(table, all.firstDone())]);
  return { timeOff: (step) => joinTimes(pausesOf(step), idle), startedAtMs: (step) => starts.get(step) };
}

/** When each step was paused, the current pauses included. */
function pausesUntil({ paused, pauses }: Settings, nowMs: number): (step: string) => readonly Pause[] {
  const all = new Map(pauses);
  for (const [step, { since }] of paused) {
    const fromMs = Date.parse(since);
    if (fromMs < nowMs) all.set(step, [...(pauses.get(step) ?? []), { fromMs, toMs: nowMs }]);
  }
  return (step) => all.get(step) ?? NO_PAUSES;
}

const NO_PAUSES: readonly Pause[] = [];

/** Counts failures by cause, and keeps the newest few. */
class Failures {
  readonly #byCause: Summary["failures"]["byCause"] = {};
  #newest: ItemEntry[] = [];

  add(entry: ItemEntry): void {
    const cause = entry.cause ?? "unknown";
    this.#byCause[cause] = (this.#byCause[cause] ?? 0) + 1;
    this.#newest.push(entry);
    if (this.#newest.length > 10 * NEWEST) this.#newest = this.#top();
  }

  result(): Summary["failures"] {
    return { byCause: this.#byCause, newest: this.#top().map(toFailedItem) };
  }

  #top(): ItemEntry[] {
    return this.#newest.sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0)).slice(0, NEWEST);
  }
}

function toFailedItem(entry: ItemEntry): FailedItem {
  return {
    itemID: entry.itemId,
    taskID: entry.taskId,
    step: entry.step,
    cause: entry.cause ?? "unknown",
    ...(entry.exitCode !== undefined && { exitCode: entry.exitCode }),
    at: isoDate(entry.endedAtMs ?? 0),
  };
}
