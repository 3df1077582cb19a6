/*
 * The speed of an import compared with bare PutItem calls for the same rows, and its memory.
 *
 *   node bench/import-rate.ts [rows] [blocks]
 *
 * The embedded servers run in separate processes. One process alternates between blocks of rows by bare puts and by
 * import, swapping their order, so that other load on the machine affects both alike. Another imports all rows as one
 * file and reports its memory. Prints one JSON document.
 */
import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { CreateTableCommand, DeleteTableCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { Env } from "../lib/aws-config.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { ROWS_AT_A_TIME } from "../lib/import/add-rows.ts";
import { type ImportDeps, importFile } from "../lib/import/import-file.ts";
import { s3Client } from "../lib/s3-client.ts";
import type { Row } from "../lib/store/attributes.ts";
import { itemToRow } from "../lib/store/rows.ts";
import { tableSchema } from "../lib/store/schema.ts";
import { openTable } from "../lib/table.ts";
import { startDynamoDb } from "../local/dynamodb.ts";
import { S3_CREDENTIALS, startS3 } from "../local/s3.ts";
import { keepHeapSmall } from "../local/small-heap.ts";

const BUCKET = "bench";
const WHOLE_KEY = "imports/bench/whole.txt";

/** The cost of some number of rows. */
interface Cost {
  rows: number;
  seconds: number;
  cpuSeconds: number;
}

const [role = "100000", ...rest] = process.argv.slice(2);
if (role === "--pairs") await measured(() => runPairs(Number(rest[0]), Number(rest[1])));
else if (role === "--whole") await measured(() => runWhole(Number(rest[0])));
else await compare(Number(role), Number(rest[0] ?? 10));

async function compare(rows: number, blocks: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-bench-"));
  const [dynamo, s3] = await Promise.all([startDynamoDb(), startS3({ dir, buckets: [BUCKET] })]);
  const env = {
    ...process.env,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
  };
  try {
    const pairs = await inProcess<{ bare: Cost; imported: Cost; shares: number[] }>(env, "--pairs", rows, blocks);
    // uploaded by this process, so that it does not count as memory of the importer
    await withS3(env, (s3) => uploadRows(s3, WHOLE_KEY, "whole", rows));
    const whole = await inProcess<Cost & { peakMb: number }>(env, "--whole", rows);
    const bareRate = rate(pairs.bare);
    const summary = {
      rows,
      blocks,
      rowsAtATime: ROWS_AT_A_TIME,
      bareRowsPerSecond: Math.round(bareRate),
      importRowsPerSecond: Math.round(rate(pairs.imported)),
      share: rounded(rate(pairs.imported) / bareRate),
      medianShareOfBlocks: rounded(median(pairs.shares)),
      bareCpuUsPerRow: cpuUsPerRow(pairs.bare),
      importCpuUsPerRow: cpuUsPerRow(pairs.imported),
      // the client limits both, and its CPU time does not depend on the load of the machine
      shareByCpu: rounded(cpuUsPerRow(pairs.bare) / cpuUsPerRow(pairs.imported)),
      oneFile: { rows, rowsPerSecond: Math.round(rate(whole)), peakMb: whole.peakMb },
    };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  } finally {
    await Promise.all([dynamo.close(), s3.close()]);
    await rm(dir, { recursive: true, force: true });
  }
}

/** Alternates between bare puts and imports, with `blocks` blocks each. */
async function runPairs(rows: number, blocks: number) {
  const each = Math.ceil(rows / blocks);
  const bare: Cost = { rows: 0, seconds: 0, cpuSeconds: 0 };
  const imported: Cost = { rows: 0, seconds: 0, cpuSeconds: 0 };
  const shares: number[] = [];
  await onFreshTable(async (deps) => {
    // the first block of each is a warm-up and does not count
    for (let block = -1; block < blocks; block++) {
      const kinds = [
        async () => ["bare", await putBare(deps, `bare${block}`, each)] as const,
        async () => ["imported", await importRows(deps, `imported${block}`, each)] as const,
      ];
      const costs = { bare, imported };
      for (const kind of block % 2 === 0 ? kinds : kinds.toReversed()) {
        const [name, cost] = await kind();
        costs[name] = cost;
      }
      if (block < 0) continue;
      add(bare, costs.bare);
      add(imported, costs.imported);
      shares.push(rate(costs.imported) / rate(costs.bare));
    }
  });
  return { bare, imported, shares };
}

async function runWhole(rows: number): Promise<Cost & { peakMb: number }> {
  const cost = await onFreshTable((deps) => importKey(deps, WHOLE_KEY, rows));
  return { ...cost, peakMb: Math.round(process.resourceUsage().maxRSS / 1024) };
}

async function putBare({ table }: ImportDeps, prefix: string, rows: number): Promise<Cost> {
  const { shards } = await table.settings.register("bench");
  const next = Array.from({ length: rows }, (_, n) => marshall(storedRow(fieldsOf(prefix, n), n, shards))).values();
  // the import's own client: a slower one for the bare calls would flatter the import
  const client = dynamoClient(process.env);
  const lane = async () => {
    for (const Item of next) await client.send(new PutItemCommand({ TableName: table.name, Item }));
  };
  const cost = await timed(rows, () => Promise.all(Array.from({ length: ROWS_AT_A_TIME }, lane)));
  client.destroy();
  return cost;
}

async function importRows(deps: ImportDeps, prefix: string, rows: number): Promise<Cost> {
  const key = `imports/bench/${prefix}.txt`;
  await uploadRows(deps.s3, key, prefix, rows);
  return importKey(deps, key, rows);
}

function importKey(deps: ImportDeps, key: string, rows: number): Promise<Cost> {
  return timed(rows, async () => {
    const { counts } = await importFile(deps, { bucket: BUCKET, key });
    if (counts.imported !== rows) throw new Error(`imported ${counts.imported} of ${rows} rows`);
  });
}

async function timed(rows: number, work: () => Promise<unknown>): Promise<Cost> {
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(startedCpu);
  return { rows, seconds: (performance.now() - startedMs) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** The row that the import writes for a row of the file. */
function storedRow([itemId, taskId, script]: Fields, n: number, shards: number): Row {
  const none = { nestedTasks: 0, tasksDone: 0, attempt: 0, failures: 0, interruptions: 0, losses: 0 };
  const source = `0123456789ab:${n + 2}`;
  return itemToRow({ itemId, taskId, script, step: "bench", state: "todo", priority: 5, ...none, source }, shards);
}

type Fields = readonly [itemId: string, taskId: string, script: string];

function fieldsOf(prefix: string, n: number): Fields {
  const sample = `sample_${String(n).padStart(7, "0")}`;
  return [`${prefix}_${sample}`, sample, `bwa mem -t 4 ref.fa ${sample}_1.fq.gz ${sample}_2.fq.gz > ${sample}.sam`];
}

async function uploadRows(s3: S3Client, key: string, prefix: string, rows: number): Promise<void> {
  function* lines() {
    yield Buffer.from("itemID|TaskID|TaskScript\n");
    for (let n = 0; n < rows; n++) yield Buffer.from(`${fieldsOf(prefix, n).join("|")}\n`);
  }
  const Body = Readable.from(lines(), { objectMode: false });
  await new Upload({ client: s3, queueSize: 1, params: { Bucket: BUCKET, Key: key, Body } }).done();
}

async function withS3<T>(env: Env, work: (s3: S3Client) => Promise<T>): Promise<T> {
  const s3 = s3Client(env);
  try {
    return await work(s3);
  } finally {
    s3.destroy();
  }
}

async function onFreshTable<T>(work: (deps: ImportDeps) => Promise<T>): Promise<T> {
  const client = dynamoClient(process.env);
  const table = openTable(`bench-${randomUUID()}`, client);
  await client.send(new CreateTableCommand(tableSchema(table.name)));
  try {
    return await withS3(process.env, (s3) => work({ table, s3 }));
  } finally {
    await client.send(new DeleteTableCommand({ TableName: table.name }));
    client.destroy();
  }
}

/** Runs this file in another role and returns its measurement. */
async function inProcess<T>(env: Env, role: string, ...args: number[]): Promise<T> {
  const child: ChildProcess = fork(import.meta.filename, [role, ...args.map(String)], { env: { ...env } });
  const exited = once(child, "exit");
  const answer = await Promise.race([once(child, "message"), exited.then(() => undefined)]);
  if (!answer) throw new Error(`${role} has failed`);
  await exited;
  return answer[0] as T;
}

async function measured(work: () => Promise<object>): Promise<void> {
  keepHeapSmall(); // as in the local stack, where the functions run
  process.send?.(await work());
  process.disconnect();
}

function add(total: Cost, { rows, seconds, cpuSeconds }: Cost): void {
  total.rows += rows;
  total.seconds += seconds;
  total.cpuSeconds += cpuSeconds;
}

function rate({ rows, seconds }: Cost): number {
  return rows / seconds;
}

function cpuUsPerRow({ rows, cpuSeconds }: Cost): number {
  return Math.round((cpuSeconds * 1e6) / rows);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function rounded(share: number): number {
  return Math.round(share * 1000) / 1000;
}
