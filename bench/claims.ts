import { setTimeout as sleep } from "node:timers/promises";
import { addItem } from "../lib/changes/add.ts";
import { complete } from "../lib/claims/complete.ts";
import { WorkFinder } from "../lib/claims/find-work.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { realTimers } from "../lib/flow/timers.ts";
import { registerLanes } from "../lib/store/settings.ts";
import { openTable, type Table } from "../lib/table.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { Claimer } from "../worker/claimer.ts";
import type { WorkerEvent } from "../worker/events.ts";
import { meter } from "./meter.ts";
import { type BenchStack, withStack } from "./stack.ts";

/** Claims lost in a race, and read units, per item. */
export interface ClaimFigures {
  claimers: number;
  taskMs: number;
  shards: number;
  items: number;
  lostPerItem: number;
  readUnitsPerItem: number;
}

/**
 * Claimers that do not know of each other, with tasks that only wait, long enough that the embedded server, with its
 * few hundred calls a second, is not the bottleneck. They start within one task of each other, as containers do.
 */
export async function claims(): Promise<ClaimFigures[]> {
  return withStack(async (bench) => [
    await measure(bench, { claimers: 1, taskMs: 0, shards: 4, items: 1_000 }),
    await measure(bench, { claimers: 3, taskMs: 50, shards: 4, items: 1_000 }),
    await measure(bench, { claimers: 16, taskMs: 250, shards: 4, items: 1_000 }),
    await measure(bench, { claimers: 16, taskMs: 250, shards: 16, items: 1_000 }),
    await measure(bench, { claimers: 200, taskMs: 4_000, shards: 4, items: 2_000 }),
    await measure(bench, { claimers: 200, taskMs: 4_000, shards: 16, items: 2_000 }),
  ]);
}

type Case = Pick<ClaimFigures, "claimers" | "taskMs" | "shards" | "items">;

async function measure(bench: BenchStack, { claimers, taskMs, shards, items }: Case): Promise<ClaimFigures> {
  const name = `claims-${claimers}-${shards}`;
  const client = dynamoClient(bench.stack.env);
  await createTable(client, name);
  const table = openTable(name, client);
  await registerLanes(table, [], shards);
  const ids = Array.from({ length: items }, (_, n) => `item-${n}`);
  await sideBySide(ids, 32, (itemId) => addItem(table, { itemId, taskId: itemId, step: "bench", script: "true" }));
  const { units } = meter(client);
  let lost = 0;
  await Promise.all(Array.from({ length: claimers }, (_, index) => claimAll(table, index, taskMs, () => lost++)));
  client.destroy();
  return { claimers, taskMs, shards, items, lostPerItem: lost / items, readUnitsPerItem: units.read / items };
}

async function claimAll(table: Table, index: number, taskMs: number, onLost: () => void): Promise<void> {
  // not a child of an array job, so only chance keeps claimers apart
  const finder = new WorkFinder(table);
  const claimant = { instance: `claimer/${index}`, jobAttempt: 0, leaseMs: 600_000 };
  const report = ({ kind }: WorkerEvent) => {
    if (kind === "claim:lost") onLost();
  };
  const claimer = new Claimer({ table, timers: realTimers, report }, finder, claimant);
  await sleep(Math.max(1_000, taskMs) * Math.random());
  for (let items = await claimer.claim(1, () => true); items.length > 0; items = await claimer.claim(1, () => true)) {
    await sleep(taskMs * (0.5 + Math.random()));
    for (const item of items) await complete(table, item, { exitCode: 0 });
  }
}

if (import.meta.main) console.table(await claims());
