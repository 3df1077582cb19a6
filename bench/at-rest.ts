/*
 * The read units of the function summarize on a table of finished items: the first look, a look when nothing has
 * changed, and one after ten items were started over.
 *
 *   node bench/at-rest.ts [items]
 */
import { BatchWriteItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { marshall } from "@aws-sdk/util-dynamodb";
import { table } from "../cli/output/table.ts";
import { writeSummary } from "../functions/latest-summary.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { makeReport } from "../lib/report/make-report.ts";
import { pageOf } from "../lib/report/page.ts";
import { itemToRow } from "../lib/store/rows.ts";
import { DEFAULT_SHARDS, registerLanes } from "../lib/store/settings.ts";
import { openTable } from "../lib/table.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { startDynamoDb } from "../local/dynamodb.ts";
import { item } from "./manage-items.ts";

const DAYS_AGO_MS = 3 * 24 * 3_600_000;
const NAME = "bench";
const PLACE = { isLocal: false, name: NAME, program: ["anamo"], target: [], bucket: [] };

const count = Number(process.argv[2] ?? 100_000);
const dynamo = await startDynamoDb();
const credentials = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "bench", AWS_SECRET_ACCESS_KEY: "bench" };
const env = { ...process.env, ...credentials, AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint };
try {
  const rows = [];
  for (const steps of [1, 10]) rows.push(...(await measure(steps)));
  const head = ["steps", "summary of the function", "read units", "requests", "CPU seconds"];
  process.stdout.write(`${table(head, rows)}\n`);
} finally {
  await dynamo.close();
}

async function measure(steps: number): Promise<(string | number)[][]> {
  const client = dynamoClient(env);
  const name = `${NAME}-${steps}`;
  await createTable(client, name);
  const opened = openTable(name, client);
  const lanes = Array.from({ length: steps }, (_, at) => ({ step: `step${at}`, priority: 5 }));
  await registerLanes(opened, lanes);
  await put(client, name, { steps, ids: Array.from({ length: count }, (_, at) => at), state: "done" });
  const used = counter(client);
  const s3 = bucketInMemory();
  const look = async () => {
    const report = await makeReport(opened, { version: "", study: name, place: PLACE });
    return { summary: report.summary, page: pageOf(report) };
  };
  const found: (string | number)[][] = [];
  const one = async (what: string) => {
    opened.settings.forget();
    Object.assign(used, { units: 0, requests: 0 });
    const before = process.cpuUsage();
    await writeSummary({ table: opened, s3, bucket: "b" }, look);
    const { user, system } = process.cpuUsage(before);
    found.push([steps, what, used.units.toFixed(1), used.requests, ((user + system) / 1e6).toFixed(2)]);
  };
  await one("first");
  await one("no change");
  await put(client, name, { steps, ids: Array.from({ length: 10 }, (_, at) => at * 7), state: "todo" });
  await one("after ten changes");
  client.destroy();
  return found;
}

async function put(
  client: DynamoDBClient,
  name: string,
  { steps, ids, state }: { steps: number; ids: readonly number[]; state: "todo" | "done" },
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(ids.length / 25) }, (_, n) => ids.slice(n * 25, n * 25 + 25));
  await sideBySide(batches, 8, async (batch) => {
    const puts = batch.map((at) => {
      const made = { ...item(`HG${at}-step${at % steps}`, state), step: `step${at % steps}`, taskId: `HG${at}` };
      const old = state === "done" ? { ...made, endedAtMs: Date.now() - DAYS_AGO_MS } : made;
      return { PutRequest: { Item: marshall(itemToRow(old, DEFAULT_SHARDS), { removeUndefinedValues: true }) } };
    });
    await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: puts } }));
  });
}

/**
 * Units as DynamoDB bills them: half a unit for a query that finds nothing, which the embedded server does not count.
 */
function counter(client: DynamoDBClient): { units: number; requests: number } {
  const used = { units: 0, requests: 0 };
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next({ ...args, input: { ...(args.input as object), ReturnConsumedCapacity: "TOTAL" } });
      const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number }[] | object };
      const all = [ConsumedCapacity ?? {}].flat() as { CapacityUnits?: number }[];
      used.requests++;
      used.units += Math.max(
        0.5,
        all.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0),
      );
      return result;
    },
    { step: "initialize", name: "counter", priority: "high" },
  );
  return used;
}

/** A bucket with just what the function needs. */
function bucketInMemory(): S3Client {
  const objects = new Map<string, { text: string; Metadata?: Record<string, string> }>();
  const send = async (command: { input: Record<string, unknown> }) => {
    const { input } = command;
    const key = String(input.Key);
    if (command instanceof PutObjectCommand) {
      objects.set(key, { text: String(input.Body), Metadata: input.Metadata as Record<string, string> });
      return {};
    }
    const found = objects.get(key);
    if (!found) throw Object.assign(new Error("forbidden"), { $metadata: { httpStatusCode: 403 } });
    return { Body: { transformToString: async () => found.text }, Metadata: found.Metadata };
  };
  return { send } as unknown as S3Client;
}
