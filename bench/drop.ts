import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { workerJobName } from "../lib/jobs/worker-job-name.ts";
import { s3Client } from "../lib/s3-client.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { closeServer, listenOnLoopback } from "../local/loopback.ts";
import { startStack } from "../local/stack.ts";
import type { CallCost } from "./drop-function.ts";
import { inNewFolder } from "./stack.ts";

/** What it costs to drop many files together, and what they start. */
export interface DropFigures {
  what: string;
  import: CallCost;
  launch: CallCost;
  /** from the drop to the end of the last function */
  seconds: number;
  workers: number;
}

const BATCH_MS = 200;
/** How long Batch does not list a job that it has accepted. */
const UNLISTED_MS = 10_000;
const ROWS = 10;
/** A new account may run this many functions at once. */
const FUNCTIONS_AT_ONCE = 10;
const HANDLERS = { import: noop, reconcile: noop, sweep: noop, summarize: noop };

/**
 * Drops this many files of 10 items each, with `maxImports` imports at once, into a stack whose S3 calls no functions.
 * Instead, each file is a message in a queue, and each report starts the function launch, as on AWS. Each environment
 * of a function is a thread. Their start is not measured.
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
    const table = `drop-${randomUUID()}`;
    const batch = await slowBatch(table);
    const functions = { ANAMO_JOB_QUEUE: "queue", ANAMO_JOB_DEFINITION: "worker" };
    const env = { ...stack.env, ...functions, ANAMO_TABLE: table, AWS_ENDPOINT_URL_BATCH: batch.endpoint };
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
  const [imports, launches] = [
    await environments("import", env, maxImports),
    await environments("launch", env, FUNCTIONS_AT_ONCE - maxImports),
  ];
  const startedMs = performance.now();
  const created = (key: string) => ({ s3: { bucket: { name: "bench" }, object: { key } } });
  const launched: Promise<void>[] = [];
  await Promise.all(
    keys.map(async (key) => {
      await imports.call({ Records: [{ messageId: key, body: JSON.stringify({ Records: [created(key)] }) }] });
      launched.push(launches.call({ Records: [created(`reports/${key}.json`)] }));
    }),
  );
  await Promise.all(launched);
  const seconds = (performance.now() - startedMs) / 1_000;
  const what = `${keys.length} files, ${maxImports} at once`;
  return { what, import: await imports.end(), launch: await launches.end(), seconds };
}

/** Environments of a function that are ready; a call waits for one that is free. */
async function environments(name: "import" | "launch", env: Record<string, string>, count: number) {
  const source = new URL("./drop-function.ts", import.meta.url);
  const all = Array.from({ length: count }, () => new Worker(source, { workerData: { name, env } }));
  const cost: CallCost = { ms: 0, cpuMs: 0, waitedMs: 0, requests: 0, refused: 0 };
  await Promise.all(all.map((one) => once(one, "message")));
  const free = [...all];
  const waiting: ((one: Worker) => void)[] = [];
  return {
    call: async (event: object): Promise<void> => {
      const one = free.pop() ?? (await new Promise<Worker>((resolve) => waiting.push(resolve)));
      one.postMessage(event);
      const [spent] = (await once(one, "message")) as [CallCost];
      for (const what of Object.keys(cost) as (keyof CallCost)[]) cost[what] += spent[what];
      const next = waiting.shift();
      if (next) next(one);
      else free.push(one);
    },
    end: async (): Promise<CallCost> => {
      await Promise.all(all.map((one) => one.terminate()));
      return cost;
    },
  };
}

const rows = (file: number) =>
  `itemID|TaskID|TaskScript\n${Array.from({ length: ROWS }, (_, n) => `i${file}-${n}|s|true\n`).join("")}`;

/** A Batch that takes 200 ms per call, and knows a job only after a while. */
async function slowBatch(table: string) {
  const jobName = workerJobName(table);
  const jobs: { jobId: string; jobName: string; arrayProperties: { size: number }; atMs: number }[] = [];
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as { arrayProperties?: { size: number }; jobStatus?: string; jobs?: string[] };
    await setTimeout(BATCH_MS);
    const known = jobs.filter(({ atMs }) => performance.now() - atMs > UNLISTED_MS);
    const answers: Record<string, () => object> = {
      "/v1/submitjob": () => {
        const jobId = `job-${jobs.length}`;
        jobs.push({
          jobId,
          jobName,
          arrayProperties: { size: body.arrayProperties?.size ?? 1 },
          atMs: performance.now(),
        });
        return { jobId, jobName };
      },
      "/v1/listjobs": () => ({ jobSummaryList: body.jobStatus === "RUNNABLE" ? known : [] }),
      "/v1/describejobs": () => ({ jobs: known.filter(({ jobId }) => body.jobs?.includes(jobId)) }),
    };
    const answer = answers[request.url ?? ""]?.() ?? {};
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  const endpoint = await listenOnLoopback(server, 0);
  const workers = () => jobs.reduce((sum, { arrayProperties }) => sum + arrayProperties.size, 0);
  return { endpoint, workers, close: () => closeServer(server) };
}

async function noop(): Promise<void> {}
