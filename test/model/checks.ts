import { createHash } from "node:crypto";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "vitest";
import { summarize } from "../../lib/progress/summarize.ts";
import type { Row } from "../../lib/store/attributes.ts";
import { rowToItem } from "../../lib/store/rows.ts";
import { STATE_INDEX } from "../../lib/store/schema.ts";
import { parseSettings } from "../../lib/store/settings.ts";
import type { Table } from "../../lib/table.ts";
import { type Model, type ModelItem, SHARDS } from "./model.ts";
import type { Real } from "./real.ts";

const PROJECTED = [
  "itemID",
  "taskKey",
  "StateKey",
  "StateSort",
  "taskID",
  "Step",
  "Nested_Tasks",
  "Tasks_Done",
  "Cause",
];

/** Rows, index and settings agree with the model. */
export async function expectSame(model: Model, { table }: Real): Promise<void> {
  const [rows, entries] = await Promise.all([scan(table), scan(table, STATE_INDEX)]);
  const items = rows.filter((row) => row.taskKey === "-");
  expect(items.map((row) => row.itemID).sort(), "the items").toEqual([...model.items.keys()].sort());
  for (const row of items) {
    const item = model.items.get(String(row.itemID)) as ModelItem;
    expect(storedItem(row), `the row of ${row.itemID}`).toEqual(wantedItem(model, item));
    expect([row.StateKey, row.StateSort], `the place of ${row.itemID}`).toEqual(placeOf(model, item));
    const parts = rows.filter(({ itemID, taskKey }) => itemID === row.itemID && taskKey !== "-");
    if (isWhole(item)) expect(storedTasks(row, parts), `the tasks of ${row.itemID}`).toEqual(wantedTasks(item));
    expect(newerThanItem(row, parts), `rows from the future of ${row.itemID}`).toEqual([]);
  }
  const projected = [...PROJECTED, "ExitCode"];
  expect(sorted(entries), "the index").toEqual(sorted(items.map((row) => pick(row, projected))));
  expectSettings(model, rows.find((row) => row.itemID === "#settings") ?? {});
}

/** Once every process has noticed what was deleted, nothing is left of it. */
export async function expectNoLitter(model: Model, { table }: Real): Promise<void> {
  const rows = await scan(table);
  const ids = new Set(rows.map((row) => row.itemID).filter((id) => id !== "#settings"));
  expect([...ids].sort(), "items with rows").toEqual([...model.items.keys()].sort());
}

/** The summary adds up to the items. */
export async function expectCounts(model: Model, { table }: Real): Promise<void> {
  const { items, tasks, steps } = await summarize(table);
  const all = [...model.items.values()];
  const inState = (some: ModelItem[], state: string) => some.filter((item) => item.state === state).length;
  for (const state of ["todo", "locked", "done", "failed", "held"] as const) {
    expect(items[state], `items that are ${state}`).toBe(inState(all, state));
    for (const [step, counts] of Object.entries(steps)) {
      const some = all.filter((item) => item.step === step);
      expect(counts.items[state], `items of ${step} that are ${state}`).toBe(inState(some, state));
    }
  }
  const total = ({ storedTasks, tasks: { size } }: ModelItem) => storedTasks || size || 1;
  expect(tasks, "tasks").toEqual({
    total: all.reduce((sum, item) => sum + total(item), 0),
    done: all.reduce((sum, item) => sum + (item.state === "done" ? total(item) : item.tasksDone), 0),
  });
}

/** Whether its tasks are known: a process that died while importing or deleting it may have left any of them. */
export function isWhole({ parked }: ModelItem): boolean {
  return parked === undefined || parked.by === "edit";
}

async function scan(table: Table, index?: string): Promise<Row[]> {
  const { Items = [], LastEvaluatedKey } = await table.db.send(
    new ScanCommand({ TableName: table.name, ...(index ? { IndexName: index } : { ConsistentRead: true }) }),
  );
  expect(LastEvaluatedKey).toBeUndefined();
  return Items;
}

function expectSettings({ lanes, maybeLanes, paused }: Model, row: Row): void {
  const settings = parseSettings(row);
  const found = [...settings.steps].flatMap(([step, priorities]) => priorities.map((one) => `${step} ${one}`));
  expect(found.filter((lane) => !maybeLanes.has(lane)).sort(), "the lanes").toEqual([...lanes].sort());
  expect([...settings.paused.keys()].sort(), "the paused steps").toEqual([...paused].sort());
  expect(settings.shards, "the shards").toBe(SHARDS);
}

function storedItem(row: Row) {
  const item = rowToItem(row);
  const { outcome, lock, parked, scriptsHash: _, tasksEpoch: __, ...rest } = item;
  return {
    ...rest,
    lockId: row.lockID,
    ...(lock && { lock }),
    ...(row.LeaseExpiresAtMs !== undefined && { leaseExpiresAtMs: row.LeaseExpiresAtMs }),
    ...(outcome?.cause && { cause: outcome.cause }),
    ...(outcome?.exitCode !== undefined && { exitCode: outcome.exitCode }),
    ...(parked && { parked: { by: parked.by, sinceMs: parked.sinceMs } }),
  };
}

function wantedItem(model: Model, item: ModelItem) {
  const { tasks, isLong, claim: number, script, ...rest } = item;
  const claim = number === undefined ? undefined : model.claims[number];
  const { instance = "", jobAttempt = 0, atMs: lockedAtMs = 0 } = claim ?? {};
  const { leaseExpiresAtMs = 0 } = item;
  const lockId = claim && `lock ${claim.number}`;
  const wanted = {
    ...rest,
    ...(tasks.size === 0 && { script }),
    nestedTasks: item.storedTasks ?? tasks.size,
    ...(isLong && { longScript: true }),
    lockId,
    ...(item.state === "locked" && { lock: { lockId, instance, jobAttempt, lockedAtMs, leaseExpiresAtMs } }),
  };
  delete wanted.storedTasks;
  return wanted;
}

function storedTasks(row: Row, parts: readonly Row[]): Record<string, unknown> {
  const scripts = parts.filter((part) => part.Scripts_Hash === row.Scripts_Hash && part.TaskScripts !== undefined);
  const ended = new Map(parts.filter((part) => part.Epoch === row.Tasks_Epoch).map((part) => [part.taskKey, part]));
  return Object.fromEntries(
    scripts
      .flatMap((part) => Object.entries(part.TaskScripts as Record<string, string>))
      .map(([name, script]) => [name, { script, state: ended.get(name)?.TaskState ?? "todo" }]),
  );
}

function wantedTasks({ tasks }: ModelItem): Record<string, unknown> {
  return Object.fromEntries([...tasks].map(([name, { script, state }]) => [name, { script, state }]));
}

/** Results of an epoch that the item has not reached would eventually count. */
function newerThanItem(row: Row, parts: readonly Row[]): unknown[] {
  const epoch = row.Tasks_Epoch;
  if (typeof epoch !== "number") return [];
  return parts.filter((part) => part.TaskState !== undefined && Number(part.Epoch) > epoch).map((part) => part.taskKey);
}

/** Where docs/how-it-works.md says that the index lists an item. */
function placeOf(model: Model, item: ModelItem): [key: string, sort: string] {
  const { itemId, state, priority } = item;
  const digest = (text: string) => createHash("md5").update(text).digest("hex");
  const shardOf = (text: string) => Number.parseInt(digest(text).slice(0, 8), 16) % SHARDS;
  const step = encodeURIComponent(item.step);
  const sortable = (ms = 0) => String(ms).padStart(15, "0");
  if (state === "locked") {
    const { instance = "", jobAttempt = 0 } = model.claims[item.claim ?? -1] ?? {};
    return [`locked#${shardOf(instance)}`, `${encodeURIComponent(instance)}#${jobAttempt}#${itemId}`];
  }
  if (state !== "todo") return [`${step}#${state}#${shardOf(itemId)}`, `${sortable(item.endedAtMs)}#${itemId}`];
  if (item.readyAtMs !== undefined) return [`${step}#later`, `${sortable(item.readyAtMs)}#${itemId}`];
  return [`${step}#todo#${shardOf(itemId)}`, `${9 - priority}#${digest(itemId).slice(8, 16)}#${itemId}`];
}

function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]])));
}

function sorted(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (String(a.itemID) < String(b.itemID) ? -1 : 1));
}
