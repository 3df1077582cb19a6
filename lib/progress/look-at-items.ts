import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { isoDate } from "../iso-date.ts";
import type { ItemEntry } from "../items/item.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { itemKey } from "../store/keys.ts";
import { ROWS_A_READ, readRows } from "../store/read-rows.ts";
import type { Table } from "../table.ts";

const WIDTH = 4;
/** The lease of workers without `--lease`. */
const USUAL_LEASE_MS = 600_000;
/** A heartbeat comes every third of a lease, so a longer silence only means that the worker has a different lease. */
const LONGEST_SILENCE = 0.5;

/** An item that a worker has. */
export interface RunningItem {
  itemID: string;
  taskID: string;
  step: string;
  /** the Batch job, or the process */
  worker: string;
  /** ISO 8601 UTC */
  since: string;
  /** the last heartbeat, if that is known; ISO 8601 UTC */
  heardAt?: string;
  /** its lease has run out: the next sweep frees it */
  isSilent: boolean;
  /** of a nested item */
  tasks?: { done: number; total: number };
}

/** What the row of an item says about its last attempt. */
export interface Attempt {
  step: string;
  startedAtMs: number;
  /** absent while it runs */
  endedAtMs?: number;
  runSeconds?: number;
  peakMemoryBytes?: number;
  timeoutSeconds?: number;
  /** earlier attempts since the item was added or last reset */
  earlierTries: number;
}

const ATTEMPT_ATTRIBUTES = [
  ATTR.itemId,
  ATTR.step,
  ATTR.lockDate,
  ATTR.doneDate,
  ATTR.wallSeconds,
  ATTR.peakMemoryBytes,
  ATTR.timeoutMs,
  ATTR.leaseMs,
  ATTR.leaseExpiresAtMs,
  ATTR.nestedTasks,
  ATTR.state,
  ATTR.failures,
  ATTR.interruptions,
  ATTR.losses,
];

/** The last attempts of items that have ended. */
export async function attemptsOf(table: Table, itemIds: readonly string[]): Promise<Attempt[]> {
  return (await rowsOf(table, itemIds)).flatMap((row) => attemptOf(row) ?? []);
}

/** The running items among these; leaves out those that have ended in the meantime. */
export async function runningItems(table: Table, entries: readonly ItemEntry[], nowMs: number): Promise<RunningItem[]> {
  const rows = new Map(
    (
      await rowsOf(
        table,
        entries.map(({ itemId }) => itemId),
      )
    ).map((row) => [row[ATTR.itemId], row]),
  );
  return entries.flatMap((entry) => {
    const { itemId, taskId, step, instance = "", nestedTasks, tasksDone, longScript } = entry;
    const row = rows.get(itemId);
    const startedAtMs = dateOf(row?.[ATTR.lockDate]);
    const expiresAtMs = numberOf(row?.[ATTR.leaseExpiresAtMs]);
    if (row?.[ATTR.state] !== "locked" || startedAtMs === undefined || expiresAtMs === undefined) return [];
    const leaseMs = numberOf(row[ATTR.leaseMs]) ?? USUAL_LEASE_MS;
    const heardAtMs = Math.max(startedAtMs, expiresAtMs - leaseMs);
    const isSilent = expiresAtMs < nowMs;
    const isKnown = isSilent || (heardAtMs <= nowMs && nowMs - heardAtMs <= leaseMs * LONGEST_SILENCE);
    const isNested = nestedTasks > 1 && !longScript;
    return {
      itemID: itemId,
      taskID: taskId,
      step,
      worker: instance,
      since: isoDate(startedAtMs),
      ...(isKnown && { heardAt: isoDate(heardAtMs) }),
      isSilent,
      ...(isNested && { tasks: { done: Math.min(tasksDone, nestedTasks), total: nestedTasks } }),
    };
  });
}

async function rowsOf(table: Table, itemIds: readonly string[]): Promise<Row[]> {
  const chunks = chunksOf([...new Set(itemIds)].map(itemKey), ROWS_A_READ);
  return (await sideBySide(chunks, WIDTH, (keys) => readRows(table, keys, ATTEMPT_ATTRIBUTES))).flat();
}

function attemptOf(row: Row): Attempt | undefined {
  const [startedAtMs, endedAtMs] = [dateOf(row[ATTR.lockDate]), dateOf(row[ATTR.doneDate])];
  const step = row[ATTR.step];
  if (typeof step !== "string" || startedAtMs === undefined || endedAtMs === undefined) return undefined;
  const wallSeconds = numberOf(row[ATTR.wallSeconds]);
  const peakMemoryBytes = numberOf(row[ATTR.peakMemoryBytes]);
  const timeoutMs = numberOf(row[ATTR.timeoutMs]);
  // a nested item's seconds are the sum over its tasks, which may run in parallel
  const isPlain = row[ATTR.nestedTasks] === undefined;
  const runSeconds = (isPlain ? wallSeconds : undefined) ?? Math.max(0, (endedAtMs - startedAtMs) / 1_000);
  const earlier = [ATTR.failures, ATTR.interruptions, ATTR.losses].map((name) => numberOf(row[name]) ?? 0);
  return {
    step,
    startedAtMs,
    endedAtMs,
    runSeconds,
    earlierTries: earlier.reduce((sum, count) => sum + count, 0),
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
    ...(timeoutMs !== undefined && { timeoutSeconds: timeoutMs / 1_000 }),
  };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function dateOf(value: unknown): number | undefined {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
