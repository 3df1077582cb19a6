import { AsyncLocalStorage } from "node:async_hooks";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test, vi } from "vitest";
import { toReset } from "../../../lib/changes/reset.ts";
import { freeItem } from "../../../lib/claims/free.ts";
import type { Item } from "../../../lib/items/item.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { openResults } from "../../../lib/results/open.ts";
import type { ResultPlace } from "../../../lib/results/place.ts";
import { recordsOf } from "../../../lib/results/record.ts";
import type { ResultStore } from "../../../lib/results/store.ts";
import { sweepResults } from "../../../lib/results/sweep-results.ts";
import { tasksOf } from "../../../lib/store/tasks-of.ts";
import { openTable, type Table } from "../../../lib/table.ts";
import type { WorkerContext } from "../../../worker/context.ts";
import { FolderPublisher } from "../../../worker/results/folder-publisher.ts";
import { openPublisher } from "../../../worker/results/open-publisher.ts";
import { runItem } from "../../../worker/run-item.ts";
import type { TaskSpec } from "../../../worker/task/run-task.ts";
import { changedOne } from "../../support/changes.ts";
import { Doomed } from "../../support/doomed.ts";
import { testBucket, testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../../support/items.ts";
import { testFolder } from "../../support/worker.ts";

/*
 * Workers die, or freeze and wake up, at any call: of the file system, of S3, of the table. A dead worker makes no
 * further calls; its last call may have taken effect without an answer. ANAMO_KILLS says how many there are,
 * ANAMO_KILLS_SEED the seed to begin with.
 */

const KILLS = Number(process.env.ANAMO_KILLS ?? 30);
const FIRST_SEED = Number(process.env.ANAMO_KILLS_SEED ?? 1);

const { current } = vi.hoisted(() => ({ current: { of: undefined as AsyncLocalStorage<Doomed> | undefined } }));
current.of = new AsyncLocalStorage<Doomed>();

vi.mock("node:fs/promises", async (importOriginal) => {
  const original = await importOriginal<Record<string, unknown>>();
  const gated = Object.entries(original).map(([name, value]) => {
    if (typeof value !== "function") return [name, value];
    const call = (...args: unknown[]) => {
      const doomed = current.of?.getStore();
      const act = () => (value as (...args: unknown[]) => Promise<unknown>)(...args);
      return doomed ? doomed.call(act) : act();
    };
    return [name, call];
  });
  return Object.fromEntries(gated);
});

/** A client whose requests are calls of the worker that makes them. */
function gated<C extends { send: unknown }>(client: C): C {
  const send = (...args: unknown[]) => {
    const act = () => (client.send as (...args: unknown[]) => Promise<unknown>).apply(client, args);
    const doomed = current.of?.getStore();
    return doomed ? doomed.call(act) : act();
  };
  return Object.assign(Object.create(client) as C, { send });
}

/** The same numbers for the same seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const FILES = ["a", "b/c", "d"];

/** Every fourth attempt leaves nothing. */
const leavesFiles = (attempt: number | undefined) => (attempt ?? 0) % 4 !== 0;

/** Stands in for bash: leaves several files, all of which name the attempt. */
async function fakeRun({ env }: TaskSpec) {
  const { OUT = "", ATTEMPT = "", TASK_KEY = "" } = env;
  if (!leavesFiles(Number(ATTEMPT))) return { outcome: { exitCode: 0 }, leftovers: [], dispose: async () => undefined };
  await mkdir(join(OUT, "b"), { recursive: true });
  // fewer files in every second attempt, so that leftovers of another attempt would show
  for (const name of Number(ATTEMPT) % 2 === 0 ? FILES.slice(0, 2) : FILES) {
    await writeFile(join(OUT, name), `${TASK_KEY} of attempt ${ATTEMPT}`);
  }
  return { outcome: { exitCode: 0 }, leftovers: [], dispose: async () => undefined };
}

type Kind = "folder" | "folder on another disk" | "S3";

interface World {
  table: Table;
  place: ResultPlace;
  store: ResultStore;
  work(item: Item, doomed?: Doomed): { ended: Promise<unknown>; first: Promise<unknown> };
  sweep(laterMs?: number): Promise<unknown>;
}

async function makeWorld(kind: Kind): Promise<World> {
  const real = await testTable();
  const table = { ...real, db: gated(real.db) } as Table;
  const bucket = testBucket();
  const s3 = gated(bucket.s3);
  const folder = join(await testFolder(), "results");
  const place = kind !== "S3" ? { folder } : { bucket: bucket.bucket, prefix: `kills-${real.name}` };
  const openS3 = async () => s3;
  const stop = new AbortController().signal;
  const options = { leaseMs: 60_000, nested: 2, policy: { ...DEFAULT_POLICY, maxLosses: 1_000 }, results: place };
  const scratchDir = await testFolder();
  const timers = { after: (ms: number, act: () => void) => (ms < 2_000 ? later(ms, act) : () => {}) };
  const context = {
    table,
    timers,
    openS3,
    bucket: bucket.bucket,
    runner: { run: fakeRun },
    inputs: { stage: async () => undefined },
    room: { forCall: <T>(call: () => Promise<T>) => call(), afterFailure: async () => {} },
    options: { ...options, scratchDir, pipelineDir: "/", graceMs: 1 },
    report: () => {},
    failures: { failed: async () => undefined },
    giveUp: () => {},
    stop,
  } as unknown as WorkerContext;
  // each worker is a separate process: a frozen one must not hold what another waits for
  const openOwn = async () =>
    kind === "S3" ? await openPublisher(context) : new FolderPublisher(table, { folder }, kind === "folder");
  return {
    table,
    place,
    store: await openResults(place, openS3),
    work: (item, doomed) => {
      const publisher = openOwn();
      const run = () => runItem({ ...context, openResults: () => publisher }, item);
      const ended = doomed && current.of ? current.of.run(doomed, run) : run();
      ended.catch(() => {});
      return { ended, first: doomed ? Promise.race([ended, doomed.stopped]) : ended };
    },
    sweep: (laterMs = 0) =>
      sweepResults(openTable(table.name, real.db, { now: () => Date.now() + laterMs }), place, openS3),
  };
}

function later(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}

async function readClaim(table: Table, itemId: string, lockId: string): Promise<Item | undefined> {
  const won = await claimAs(table, itemId, lockId);
  return won.won ? won.item : undefined;
}

/** Runs an item until it is done, with workers that are killed or freeze on the way. Returns how many. */
async function play(world: World, itemId: string, seed: number): Promise<number> {
  const random = randomFrom(seed);
  const { table, work, sweep } = world;
  const frozen: Doomed[] = [];
  const dead: Doomed[] = [];
  const running: Promise<unknown>[] = [];
  const wakeAll = () => {
    for (const one of frozen.splice(0)) one.thaw();
  };
  let stopped = 0;
  for (let kills = 1 + random(3), claims = 0; claims < 20; claims++) {
    const before = await itemNow(table, itemId);
    if (before.state === "done") {
      if (kills <= 0) break;
      await changedOne(table, itemId, toReset());
    }
    const item = await readClaim(table, itemId, `${itemId}-${claims}`);
    if (!item) throw new Error(`${itemId} cannot be claimed: ${(await itemNow(table, itemId)).state}`);
    const doomed = kills-- > 0 ? new Doomed(1 + random(45), random(2) === 0) : undefined;
    const { ended, first } = work(item, doomed);
    if ((await first) === "stopped" && doomed) {
      stopped++;
      const isFrozen = random(2) === 0;
      (isFrozen ? frozen : dead).push(doomed);
      if (isFrozen) running.push(ended);
    }
    // they continue concurrently with the next worker
    if (random(3) === 0) wakeAll();
    const now = await itemNow(table, itemId);
    if (now.state === "locked") {
      const policy = { ...DEFAULT_POLICY, maxLosses: 1_000 };
      await freeItem(table, now, { cause: "lost", message: "killed" }, policy);
    }
    if (random(3) === 0) await sweep();
  }
  wakeAll();
  await Promise.allSettled(running);
  for (const one of dead) one.bury();
  return stopped;
}

async function audit({ table, place, store }: World, itemId: string): Promise<void> {
  const item = await itemNow(table, itemId);
  expect(item.state, itemId).toBe("done");
  const expected = new Set<string>();
  let count = 0;
  for await (const record of recordsOf(table, item)) {
    count++;
    const manifest = await store.manifest(record);
    expect(manifest).toMatchObject({ itemId, attempt: record.results.attempt });
    for (const { name } of manifest.files) {
      const task = record.task ?? "Task_0";
      expect(await text(await store.open(record, name)), `${itemId} ${name}`).toBe(
        `${task} of attempt ${manifest.attempt}`,
      );
      expected.add(store.nameOf(record, name));
    }
    expected.add(store.nameOf(record, ".manifest.json"));
  }
  const attempts = item.nestedTasks === 0 ? [item.attempt] : [];
  if (item.nestedTasks > 0)
    for await (const tasks of tasksOf(table, item)) attempts.push(...tasks.map((task) => task.attempt ?? 0));
  expect(count, itemId).toBe(attempts.filter(leavesFiles).length);
  const found = new Set<string>();
  for await (const { path } of store.list(["default", "S1", itemId])) {
    found.add("folder" in place ? join(place.folder, path) : `s3://${place.bucket}/${place.prefix}/${path}`);
  }
  expect([...found].sort(), itemId).toEqual([...expected].sort());
}

test.each<Kind>(["folder", "folder on another disk", "S3"])(
  "after kills and freezes at any call, %s",
  { timeout: 600_000 },
  async (kind) => {
    const world = await makeWorld(kind);
    const itemIds: string[] = [];
    for (let seed = FIRST_SEED, stopped = 0; stopped < KILLS / 3; seed++) {
      const itemId = `i${seed}`;
      const rest = seed % 3 === 0 ? { scripts: ["x", "y"] } : {};
      await addItems(world.table, [newItem(itemId, { step: "default", taskId: "S1", ...rest })]);
      stopped += await play(world, itemId, seed);
      itemIds.push(itemId);
    }
    const day = 25 * 3_600_000;
    await world.sweep(day);
    for (const itemId of itemIds) await audit(world, itemId);
    expect(await world.sweep(day)).toEqual({ published: 0, removed: 0, left: 0 });
  },
);
