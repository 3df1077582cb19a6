/*
 * How long a summary of many items takes, its memory, and its read units; and the same for the progress page.
 *
 *   node bench/summary.ts [items]
 *
 * The commands are started as a person would, on a table of the embedded server in a separate process.
 */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { table } from "../cli/output/table.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import type { Item } from "../lib/items/item.ts";
import { summarize } from "../lib/progress/summarize.ts";
import { makeReport } from "../lib/report/make-report.ts";
import { pageOf } from "../lib/report/page.ts";
import { itemToRow } from "../lib/store/rows.ts";
import { DEFAULT_SHARDS, registerLanes } from "../lib/store/settings.ts";
import { openTable } from "../lib/table.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { startDynamoDb } from "../local/dynamodb.ts";
import { item } from "./manage-items.ts";
import { meter } from "./meter.ts";

const STEPS = Array.from({ length: 10 }, (_, at) => `step${at}`);
const RUNNING = 32;
const BIN = fileURLToPath(new URL("../bin/anamo.js", import.meta.url));
const PRINT_USE = `import { writeSync } from "node:fs";
process.on("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  writeSync(3, JSON.stringify({ mb: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 }));
});`;

const items = Number(process.argv[2] ?? 100_000);
const dynamo = await startDynamoDb();
const credentials = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "bench", AWS_SECRET_ACCESS_KEY: "bench" };
Object.assign(process.env, credentials, { AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint });
try {
  const client = dynamoClient(process.env);
  await fill(items);
  const { units, reset } = meter(client);
  const opened = openTable("bench", client);
  await summarize(opened);
  const ofSummary = units.read;
  reset();
  const place = { isLocal: true, name: "this machine", program: ["anamo"], target: [], bucket: [] };
  const page = pageOf(await makeReport(opened, { version: "", study: "bench", place }));
  const ofPage = units.read;
  client.destroy();
  const [summary, report] = [await run("summary", "--json"), await run("report", "--json")];
  const row = (
    what: string,
    { seconds, cpuSeconds, mb }: Awaited<ReturnType<typeof run>>,
    read: number,
    bytes: string,
  ) => [...[what, seconds.toFixed(1), cpuSeconds.toFixed(1), Math.round(mb), Math.round(read), bytes]];
  process.stdout.write(
    `${table(
      ["what", "seconds", "of CPU", "MB", "read units", "MB of HTML"],
      [
        row("anamo summary", summary, ofSummary, "-"),
        row("anamo report", report, ofPage, (Buffer.byteLength(page) / 1e6).toFixed(2)),
      ],
    )}\n`,
  );
} finally {
  await dynamo.close();
}

/** Six in ten items are done, one in a hundred has failed, some are running, and the rest are left. */
async function fill(count: number): Promise<void> {
  const client = dynamoClient(process.env);
  await createTable(client, "bench");
  await registerLanes(
    openTable("bench", client),
    STEPS.map((step) => ({ step, priority: 5 })),
  );
  const batches = Array.from({ length: Math.ceil(count / 25) }, (_, n) => n * 25);
  await sideBySide(batches, 8, async (start) => {
    const puts = Array.from({ length: Math.min(25, count - start) }, (_, n) => ({
      PutRequest: { Item: marshall(itemToRow(itemAt(start + n), DEFAULT_SHARDS), { removeUndefinedValues: true }) },
    }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { bench: puts } }));
  });
  client.destroy();
}

function itemAt(at: number): Item {
  const [step, sample] = [STEPS[at % STEPS.length] ?? "", `HG${Math.floor(at / STEPS.length)}`];
  const state = at < RUNNING ? "locked" : at % 100 === 99 ? "failed" : at % 10 < 6 ? "done" : "todo";
  const made = item(`${sample}-${step}`, state === "locked" ? "todo" : state);
  const now = Date.now();
  const lockedAtMs = now - 600_000 - (at % 3_600) * 1_000;
  const lock = { lockId: "l", instance: `job-${at}`, jobAttempt: 1, lockedAtMs, leaseExpiresAtMs: now + 3_600_000 };
  const ended = made.endedAtMs === undefined ? {} : { endedAtMs: now - (at % 50_000) * 1_000 };
  return { ...made, ...ended, step, taskId: sample, state, ...(state !== "todo" && { lock: { ...lock } }) };
}

async function run(...args: string[]): Promise<{ seconds: number; cpuSeconds: number; mb: number }> {
  const startedMs = performance.now();
  const script = `data:text/javascript,${encodeURIComponent(PRINT_USE)}`;
  const child = spawn(process.execPath, ["--import", script, BIN, ...args, "--table", "bench"], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const answer = await text(child.stdio[3] as NodeJS.ReadableStream);
  return { seconds: (performance.now() - startedMs) / 1_000, ...JSON.parse(answer) };
}
