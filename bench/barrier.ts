import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { claim } from "../lib/claims/claim.ts";
import { complete } from "../lib/claims/complete.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { summarize } from "../lib/progress/summarize.ts";
import { todoKey } from "../lib/store/keys.ts";
import { readPartition } from "../lib/store/list-entries.ts";
import type { Table } from "../lib/table.ts";
import { takeShortCut } from "../lib/wire/short-cut.ts";
import { importItems } from "./import-items.ts";
import { meter } from "./meter.ts";
import { withStack } from "./stack.ts";

/** Items that wait for a whole step: what importing and releasing them costs, and how long the release takes. */
export interface BarrierFigures {
  /** number of items in the step, and of items that wait for it */
  count: number;
  importSeconds: number;
  /** from the end of the step's last item until the first item that waits for the step can be claimed */
  firstSeconds: number;
  /** from the end of the step's last item to the release of the last item that waits for the step */
  releaseSeconds: number;
  /** CPU during that time, without the embedded database */
  releaseCpuSeconds: number;
  /** for all of that, per item that waits for the step */
  write: number;
  read: number;
}

const WIDTH = 64;
const LOOK_MS = 50;

/**
 * Imports both steps, ends the items of the first as fast as possible, and watches the release of the second. Does so
 * twice: once with the workers' own access to the table, for the times, and once with a client whose units can be
 * counted.
 */
export async function barrier(count = 3_000): Promise<BarrierFigures> {
  const timed = await release(count, (table, client) => ({ close: takeShortCut(table.db, client) }));
  const counted = await release(count, (_, client) => meter(client));
  const round = (figure: number) => Math.round(figure * 100) / 100;
  return {
    count,
    importSeconds: round(timed.importSeconds),
    firstSeconds: round(timed.firstSeconds),
    releaseSeconds: round(timed.releaseSeconds),
    releaseCpuSeconds: round(timed.releaseCpuSeconds),
    write: round((counted.units?.write ?? 0) / count),
    read: round((counted.units?.read ?? 0) / count),
  };
}

interface Way {
  units?: { write: number; read: number };
  reset?(): void;
  close?(): void;
}

async function release(count: number, wayOf: (table: Table, client: DynamoDBClient) => Way) {
  return withStack(async ({ table, client }) => {
    const way = wayOf(table, client);
    const samples = Array.from({ length: count }, (_, n) => `S${n}`);
    const startedMs = performance.now();
    const behind = { step: "joint", script: "true", afterAll: ["call"] };
    await importItems(table, [
      ...samples.map((taskId) => ({ itemId: `call ${taskId}`, taskId, step: "call", script: "true" })),
      ...samples.map((taskId) => ({ itemId: `joint ${taskId}`, taskId, ...behind })),
    ]);
    const importSeconds = secondsSince(startedMs);
    const end = async (taskId: string) => {
      const who = { instance: "bench/1", jobAttempt: 0, leaseMs: 600_000 };
      const claimed = await claim(table, { itemId: `call ${taskId}`, step: "call" }, who, `lock ${taskId}`);
      if (!claimed.won) throw new Error(`call ${taskId} was not claimed`);
      await complete(table, claimed.item, { exitCode: 0 });
    };
    const [last = "", ...others] = samples;
    await sideBySide(others, WIDTH, end);
    way.reset?.();
    const [lastMs, lastCpu] = [performance.now(), process.cpuUsage()];
    const first = firstOf(table, "joint");
    await end(last);
    const releaseSeconds = secondsSince(lastMs);
    const { user, system } = process.cpuUsage(lastCpu);
    const units = way.units && { ...way.units };
    const firstSeconds = ((await first) - lastMs) / 1_000;
    const { items } = await summarize(table);
    if (items.todo !== count) throw new Error(`${items.todo} of ${count} items were released`);
    way.close?.();
    return { importSeconds, firstSeconds, releaseSeconds, releaseCpuSeconds: (user + system) / 1e6, units };
  });
}

/** When the first item of a step became claimable. */
async function firstOf(table: Table, step: string): Promise<number> {
  const shards = await table.settings.shards();
  while (true) {
    for (let shard = 0; shard < shards; shard++) {
      for await (const page of readPartition(table, todoKey(step, shard), { pageSize: 1 })) {
        if (page.length > 0) return performance.now();
        break;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1_000;
}

if (import.meta.main) console.table([await barrier()]);
