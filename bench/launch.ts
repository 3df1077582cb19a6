import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { batchClient } from "../lib/batch-client.ts";
import { addItem } from "../lib/changes/add.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import type { Item } from "../lib/items/item.ts";
import { launch } from "../lib/launch/launch.ts";
import { DEFAULT_PAUSE, FailureWatch } from "../lib/settings/failure-watch.ts";
import { registerLanes } from "../lib/store/settings.ts";
import { openTable } from "../lib/table.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { startBatch } from "../local/batch.ts";
import { meter } from "./meter.ts";
import { type BenchStack, withStack } from "./stack.ts";

/** The cost of something that is not done once per item. */
export interface LaunchFigures {
  what: string;
  write: number;
  read: number;
  /** calls to Batch */
  batch?: number;
  /** writes whose condition failed */
  refused?: number;
  /** how long Lambda would run functions, in seconds */
  seconds?: number;
}

/** Units and calls of launches, and of watching a step's first failures, on a table with 16 shards. */
export async function launchFigures(): Promise<LaunchFigures[]> {
  return withStack(async (bench) => [
    await oneLaunch(bench, "none", 0),
    await oneLaunch(bench, "some", 1_000),
    await oneLaunch(bench, "many", 3_000),
    ...(await failures(bench)),
    await crowd(bench, 10),
    await crowd(bench, 100),
  ]);
}

async function oneLaunch({ client, stack }: BenchStack, name: string, items: number): Promise<LaunchFigures> {
  await createTable(client, name);
  const table = openTable(name, client);
  await registerLanes(table, [{ step: "align", priority: 5 }]);
  await sideBySide(Array(items).keys(), 16, (n) =>
    addItem(table, { itemId: `item-${n}`, taskId: "sample", step: "align", script: "true" }),
  );
  const logDir = await mkdtemp(join(tmpdir(), "anamo-bench-"));
  const jobDefinitions = { sleeper: { command: ["sleep", "600"] } };
  const local = await startBatch({ jobDefinitions, logDir, jobQueue: "queue", maxRunning: 1 });
  const batch = batchClient({ ...stack.env, AWS_ENDPOINT_URL_BATCH: local.endpoint });
  let calls = 0;
  const counting = { step: "initialize" } as const;
  batch.middlewareStack.add((next) => {
    return (args) => {
      calls += 1;
      return next(args);
    };
  }, counting);
  const metered = meter(client);
  try {
    await launch(table, { batch, submitter: batch, jobQueue: "queue", jobDefinition: "sleeper" });
    const { write, read } = metered.units;
    return { what: `a launch, ${items.toLocaleString("en-US")} items wait`, write, read, batch: calls };
  } finally {
    client.middlewareStack.remove("meter");
    batch.destroy();
    await local.close(0);
    await rm(logDir, { recursive: true });
  }
}

const BATCH_MS = 200;

/** This many imports end at once, each having added one item, and each starts the function that launches. */
async function crowd({ client, stack }: BenchStack, launches: number): Promise<LaunchFigures> {
  const name = `crowd-${launches}`;
  await createTable(client, name);
  const batch = batchClient(stack.env);
  let calls = 0;
  // a Batch that takes 200 ms per call and does not list jobs yet
  batch.send = async (command: { input: object }) => {
    calls += 1;
    await setTimeout(BATCH_MS);
    return "jobName" in command.input ? { jobId: `job-${calls}` } : { jobs: [], jobSummaryList: [] };
  };
  const own = Array.from({ length: launches }, () => openTable(name, client));
  for (const [n, table] of own.entries()) {
    await registerLanes(table, [{ step: "align", priority: 5 }]);
    await addItem(table, { itemId: `item-${n}`, taskId: "sample", step: "align", script: "true" });
  }
  let refused = 0;
  const watch = { step: "initialize", name: "refused" } as const;
  client.middlewareStack.add((next) => {
    return (args) =>
      next(args).catch((error) => {
        if (error.name === "ConditionalCheckFailedException") refused += 1;
        throw error;
      });
  }, watch);
  const metered = meter(client);
  let ms = 0;
  try {
    const target = { batch, submitter: batch, jobQueue: "queue", jobDefinition: "sleeper" };
    await Promise.all(
      own.map(async (table) => {
        const startedMs = performance.now();
        await launch(table, target, process.env.BENCH_WAIT ? { waitMs: 75_000 } : { orAsk: true });
        ms += performance.now() - startedMs;
      }),
    );
    const { write, read } = metered.units;
    return { what: `${launches} launches at once`, write, read, batch: calls, refused, seconds: ms / 1_000 };
  } finally {
    client.middlewareStack.remove("meter");
    client.middlewareStack.remove("refused");
    batch.destroy();
  }
}

/** One worker sees failure after failure; the clock advances so fast that every look reads the table. */
async function failures({ client }: BenchStack): Promise<LaunchFigures[]> {
  await createTable(client, "typo");
  let nowMs = Date.now();
  const table = openTable("typo", client, { now: () => nowMs });
  await registerLanes(table, [{ step: "align", priority: 5 }]);
  const watch = new FailureWatch(table, DEFAULT_PAUSE, "bench");
  const { units, reset } = meter(client);
  const fail = async (count: number, from: number) => {
    for (let n = from; n < from + count; n++) {
      nowMs += 3_000;
      await watch.failed(failed(`item-${n}`, nowMs), { cause: "exit", exitCode: 1 });
    }
  };
  await fail(DEFAULT_PAUSE.after, 0);
  const until = { what: `${DEFAULT_PAUSE.after} failures, until the step is paused`, ...unitsOf(units) };
  reset();
  await fail(100, 100);
  const after = { what: "100 failures of a paused step, 3 s apart", ...unitsOf(units) };
  client.middlewareStack.remove("meter");
  return [until, after];
}

function unitsOf({ write, read }: { write: number; read: number }) {
  return { write, read };
}

function failed(itemId: string, lockedAtMs: number): Item {
  const lock = { lockId: "lock", instance: "bench", jobAttempt: 0, lockedAtMs, leaseExpiresAtMs: lockedAtMs + 600_000 };
  const counts = { priority: 5, nestedTasks: 0, tasksDone: 0, attempt: 1, failures: 0, interruptions: 0, losses: 0 };
  return { itemId, taskId: "sample", step: "align", state: "locked", ...counts, lock };
}
