import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addItem } from "../lib/changes/add.ts";
import { claim } from "../lib/claims/claim.ts";
import { complete } from "../lib/claims/complete.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { UsageError } from "../lib/errors.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { todoKey } from "../lib/store/keys.ts";
import { readPartition } from "../lib/store/list-entries.ts";
import { registerLanes } from "../lib/store/settings.ts";
import { openTable } from "../lib/table.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { chooseEngine, ENGINE_VARIABLE } from "../local/dynamodb/engine.ts";
import { startDynamoDb } from "../local/dynamodb.ts";
import { median } from "./stack.ts";

/*
 * The engines of the embedded stack: processor time of the engine's processes per call, which other work on the machine
 * hardly changes, and calls per second, which it does change.
 */

/** What one engine needs per call. */
export interface EngineFigure {
  what: string;
  cpuMs: number;
  perSecond: number;
}

const ITEMS = 1_000;
const QUERIES = 200;
const WIDTH = 16;
const ROUNDS = 3;
/** Linux counts processor time in these units: `getconf CLK_TCK`. */
const TICK_MS = 10;

/** Medians of alternating rounds; undefined for an engine that is not installed. */
export async function engines(): Promise<Record<"dynalite" | "dynoxide", EngineFigure[] | undefined>> {
  const rounds = { dynalite: [] as EngineFigure[][], dynoxide: [] as EngineFigure[][] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ["dynalite", "dynoxide"] as const) {
      const figures = await measure(name);
      if (figures) rounds[name].push(figures);
    }
  }
  return { dynalite: medians(rounds.dynalite), dynoxide: medians(rounds.dynoxide) };
}

function medians(rounds: readonly EngineFigure[][]): EngineFigure[] | undefined {
  return rounds[0]?.map(({ what }, at) => ({
    what,
    cpuMs: median(rounds.map((round) => round[at]?.cpuMs ?? 0)),
    perSecond: median(rounds.map((round) => round[at]?.perSecond ?? 0)),
  }));
}

async function measure(name: "dynalite" | "dynoxide"): Promise<EngineFigure[] | undefined> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-bench-engine-"));
  try {
    const engine = await chooseEngine(dir, { ...process.env, [ENGINE_VARIABLE]: name });
    const server = await startDynamoDb({ dir, engine });
    try {
      return await measureOn(server.endpoint);
    } finally {
      await server.close();
    }
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function measureOn(endpoint: string): Promise<EngineFigure[]> {
  const keys = { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" };
  const client = dynamoClient({ AWS_REGION: "us-east-1", AWS_ENDPOINT_URL_DYNAMODB: endpoint, ...keys });
  await createTable(client, "engine");
  const table = openTable("engine", client);
  await registerLanes(table, [], 1);
  const ids = Array.from({ length: ITEMS }, (_, n) => `item-${n}`);
  const who = { instance: "host/1", jobAttempt: 0, leaseMs: 600_000 };
  const put = (itemId: string) => addItem(table, { itemId, taskId: itemId, step: "bench", script: "true" });
  const run = async (itemId: string) => {
    const claimed = await claim(table, { itemId, step: "bench" }, who, `lock of ${itemId}`);
    if (!claimed.won) throw new Error(`${itemId} was not claimed`);
    await complete(table, claimed.item, { exitCode: 0 });
  };
  const page = async () => {
    for await (const _ of readPartition(table, todoKey("bench", 0), { pageSize: 100 })) return;
  };
  await put("warm-up");
  await run("warm-up");
  const figures = [
    await timed("put of a new item", ITEMS, () => sideBySide(ids, WIDTH, put)),
    await timed("query of 100 index entries", QUERIES, () => sideBySide(ids.slice(0, QUERIES), WIDTH, page)),
    await timed("claim and completion", ITEMS, () => sideBySide(ids, WIDTH, run)),
  ];
  client.destroy();
  return figures;
}

async function timed(what: string, calls: number, work: () => Promise<unknown>): Promise<EngineFigure> {
  const [startedAt, cpuMs] = [performance.now(), await childrenCpuMs()];
  await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  return { what, cpuMs: ((await childrenCpuMs()) - cpuMs) / calls, perSecond: calls / seconds };
}

/** Processor time of all descendants of this process, in milliseconds; the engine is the only one. */
async function childrenCpuMs(): Promise<number> {
  const stats = await Promise.all(
    (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map((pid) => statOf(pid)),
  );
  const below = new Set([process.pid]);
  let ticks = 0;
  // a child has a higher number than its parent, unless numbers started over at 1 in between
  for (const stat of stats.filter((one) => one !== undefined).sort((a, b) => a.pid - b.pid)) {
    if (!below.has(stat.parent)) continue;
    below.add(stat.pid);
    ticks += stat.ticks;
  }
  return ticks * TICK_MS;
}

async function statOf(pid: string): Promise<{ pid: number; parent: number; ticks: number } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid: Number(pid), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}
