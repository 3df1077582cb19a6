import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workerCommand } from "../cli/worker-command.ts";
import { addItem } from "../lib/changes/add.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { partitionsOf, readPartition } from "../lib/store/list-entries.ts";
import { registerLanes } from "../lib/store/settings.ts";
import { openTable, type Table } from "../lib/table.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { startDynamoDb } from "../local/dynamodb.ts";
import { delayProxy } from "./delay-proxy.ts";

/*
 * One worker whose table is some milliseconds away, as on AWS. The cost of latency is the time of a slot per task,
 * minus that of the same worker and script without latency, which is the machine's share.
 */

/** One worker with this many slots. */
export interface LatencyFigures {
  roundTripMs: number;
  slots: number;
  tasks: number;
  /** milliseconds of slot time per task */
  slotMs: number;
  /** `slotMs` divided by three round trips plus what a task takes without latency */
  ofThreeTrips: number;
  requestsPerTask: number;
  lostPerTask: number;
}

const SLOTS = [1, 4, 16, 64] as const;
const ROUND_TRIPS_MS = [5, 50] as const;

/** All numbers of slots, without latency and with each round trip. */
export async function latency(tasksPerSlot = 25): Promise<LatencyFigures[]> {
  const found: LatencyFigures[] = [];
  for (const slots of SLOTS) {
    const tasks = Math.max(100, slots * tasksPerSlot);
    const bare = await measure({ roundTripMs: 0, slots, tasks });
    for (const roundTripMs of ROUND_TRIPS_MS) {
      const { slotMs, ...rest } = await measure({ roundTripMs, slots, tasks });
      found.push({
        roundTripMs,
        slots,
        tasks,
        slotMs,
        ofThreeTrips: slotMs / (3 * roundTripMs + bare.slotMs),
        ...rest,
      });
    }
  }
  return found;
}

async function measure({ roundTripMs, slots, tasks }: Pick<LatencyFigures, "roundTripMs" | "slots" | "tasks">) {
  const database = await startDynamoDb();
  const proxy = await delayProxy(database.endpoint, roundTripMs);
  const scratch = await mkdtemp(join(tmpdir(), "anamo-bench-"));
  const keys = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  const client = dynamoClient({ ...keys, AWS_ENDPOINT_URL_DYNAMODB: database.endpoint });
  try {
    await createTable(client, "bench");
    const table = openTable("bench", client);
    await registerLanes(table, [], 4);
    const ids = Array.from({ length: tasks }, (_, n) => `item-${n}`);
    await sideBySide(ids, 16, (itemId) => addItem(table, { itemId, taskId: itemId, step: "bench", script: "true" }));
    const [program = "", ...args] = workerCommand();
    const own = { ANAMO_TABLE: "bench", ANAMO_BUCKET: "bench", ANAMO_ITEMS: String(slots), ANAMO_SCRATCH: scratch };
    const worker = spawn(program, args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: join(tmpdir(), "anamo-bench-cache"),
        ...keys,
        ...own,
        AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint,
        ANAMO_PATIENCE_SECONDS: "0",
      },
    });
    const [code] = (await once(worker, "exit")) as [number | null];
    const ends = (await endTimes(table)).sort((a, b) => a - b);
    if (code !== 0 || ends.length !== tasks)
      throw new Error(`the worker ended with ${code}, ${ends.length} of ${tasks}`);
    const { requests, refused } = proxy.passed;
    const spanMs = (ends.at(-1) ?? 0) - (ends[0] ?? 0);
    // between the end of the first task and that of the last, all tasks but the first have run
    const slotMs = (spanMs * slots) / (tasks - 1);
    return { slotMs, requestsPerTask: requests / tasks, lostPerTask: refused / tasks };
  } finally {
    client.destroy();
    await proxy.close();
    await database.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function endTimes(table: Table): Promise<number[]> {
  const times: number[] = [];
  for (const partition of partitionsOf(await table.settings.get(), { states: ["done"] })) {
    for await (const page of readPartition(table, partition)) times.push(...page.map((entry) => entry.endedAtMs ?? 0));
  }
  return times;
}

if (import.meta.main) {
  const [tasksPerSlot] = process.argv.slice(2).map(Number);
  console.table(await latency(tasksPerSlot));
}
