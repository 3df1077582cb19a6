import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { createImportHandler } from "../functions/import.ts";
import { createLaunchHandler } from "../functions/launch.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { Semaphore } from "../lib/flow/semaphore.ts";
import { s3Client } from "../lib/s3-client.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { closeServer, listenOnLoopback } from "../local/loopback.ts";
import { startStack } from "../local/stack.ts";
import { inNewFolder } from "./stack.ts";

/** What it costs to drop many files together, and what they start. */
export interface DropFigures {
  what: string;
  importSeconds: number;
  launchSeconds: number;
  /** the largest number of functions that ran at once */
  atOnce: number;
  /** from the drop to the end of the last function */
  seconds: number;
  workers: number;
}

const BATCH_MS = 200;
const ROWS = 10;
const HANDLERS = { import: noop, reconcile: noop, sweep: noop, summarize: noop };

/**
 * Drops this many files of 10 items each, with `maxImports` imports at once, into a stack whose S3 calls no functions.
 * Instead, each file is a message in a queue, and each report starts the function launch, as on AWS. Infinity stands
 * for direct calls by S3.
 */
export async function drop(files: number, maxImports: number): Promise<DropFigures> {
  return inNewFolder(async (dir) => {
    const stack = await startStack({
      dir,
      table: "bench",
      bucket: "bench",
      workerCommand: ["true"],
      handlers: HANDLERS,
    });
    const batch = await slowBatch();
    const table = `drop-${randomUUID()}`;
    const env = { ...stack.env, ANAMO_TABLE: table, AWS_ENDPOINT_URL_BATCH: batch.endpoint };
    const [client, s3] = [dynamoClient(env), s3Client(env)];
    try {
      await createTable(client, table);
      const keys = Array.from({ length: files }, (_, n) => `imports/align/f${n}.txt`);
      for (const [n, Key] of keys.entries())
        await s3.send(new PutObjectCommand({ Bucket: "bench", Key, Body: rows(n) }));
      const figures = await measure(env, keys, maxImports);
      return { ...figures, workers: batch.workers() };
    } finally {
      s3.destroy();
      client.destroy();
      await batch.close();
      await stack.close();
    }
  });
}

async function measure(env: Record<string, string>, keys: readonly string[], maxImports: number) {
  const functions = {
    import: createImportHandler(env),
    launch: createLaunchHandler({ ...env, ANAMO_JOB_QUEUE: "queue", ANAMO_JOB_DEFINITION: "worker" }),
  };
  const ms = { import: 0, launch: 0 };
  let [running, atOnce] = [0, 0];
  const call = async (name: keyof typeof functions, event: object) => {
    atOnce = Math.max(atOnce, ++running);
    const startedMs = performance.now();
    await functions[name](event);
    ms[name] += performance.now() - startedMs;
    running -= 1;
  };
  const startedMs = performance.now();
  const poller = new Semaphore(maxImports);
  const created = (key: string) => ({ s3: { bucket: { name: "bench" }, object: { key } } });
  const launches: Promise<void>[] = [];
  await Promise.all(
    keys.map((key) =>
      poller.run(async () => {
        await call("import", { Records: [{ messageId: key, body: JSON.stringify({ Records: [created(key)] }) }] });
        launches.push(call("launch", { Records: [created(`reports/${key}.json`)] }));
      }),
    ),
  );
  await Promise.all(launches);
  const how = maxImports === Number.POSITIVE_INFINITY ? "all at once" : `${maxImports} at once`;
  return {
    what: `${keys.length} files, ${how}`,
    importSeconds: ms.import / 1_000,
    launchSeconds: ms.launch / 1_000,
    atOnce,
    seconds: (performance.now() - startedMs) / 1_000,
  };
}

const rows = (file: number) =>
  `itemID|TaskID|TaskScript\n${Array.from({ length: ROWS }, (_, n) => `i${file}-${n}|s|true\n`).join("")}`;

/** A Batch that takes 200 ms per call and never lists a job. */
async function slowBatch() {
  let [jobs, workers] = [0, 0];
  const server = createServer(async (request, response) => {
    const { arrayProperties } = (await json(request)) as { arrayProperties?: { size: number } };
    await setTimeout(BATCH_MS);
    const isSubmit = request.url === "/v1/submitjob";
    if (isSubmit) [jobs, workers] = [jobs + 1, workers + (arrayProperties?.size ?? 1)];
    const answer = isSubmit ? { jobId: `job-${jobs}`, jobName: "workers" } : { jobs: [], jobSummaryList: [] };
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  const endpoint = await listenOnLoopback(server, 0);
  return { endpoint, workers: () => workers, close: () => closeServer(server) };
}

async function noop(): Promise<void> {}
