import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import { type Fault, type FaultKind, type ProxiedRequest, startFaultProxy } from "../../chaos/fault-proxy.ts";
import { faultOf, plannedFault } from "../../chaos/fault-rates.ts";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import { PatientRetries } from "../../lib/retries.ts";
import { s3Client } from "../../lib/s3-client.ts";
import { deleteRows } from "../../lib/store/delete-rows.ts";
import { itemKey } from "../../lib/store/keys.ts";
import { readItem } from "../../lib/store/read-row.ts";
import { readItemRows } from "../../lib/store/read-rows.ts";
import { ITEM_ROW } from "../../lib/store/schema.ts";
import { openTable, type Table } from "../../lib/table.ts";
import { testBucket, testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";

type Service = "dynamodb" | "s3";

/** A proxy whose first request meets a fault, and the operations that reached it. */
async function proxyWith(service: Service, fault: Fault) {
  const met: string[] = [];
  const target = testEnv()[service === "s3" ? "AWS_ENDPOINT_URL_S3" : "AWS_ENDPOINT_URL_DYNAMODB"] ?? "";
  const proxy = await startFaultProxy({
    service,
    target: () => target,
    faultOf: ({ operation, number }: ProxiedRequest) => {
      met.push(operation);
      return number === 0 ? fault : { kind: "carry" };
    },
  });
  onTestFinished(() => proxy.close());
  return { endpoint: proxy.endpoint, met };
}

async function tableOver(table: Table, fault: Fault): Promise<{ over: Table; met: string[] }> {
  const { endpoint, met } = await proxyWith("dynamodb", fault);
  const client = dynamoClient({ ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: endpoint });
  onTestFinished(() => client.destroy());
  return { over: openTable(table.name, client), met };
}

async function s3Over(fault: Fault): Promise<{ over: S3Client; met: string[] }> {
  const { endpoint, met } = await proxyWith("s3", fault);
  const over = s3Client({ ...testEnv(), AWS_ENDPOINT_URL_S3: endpoint });
  onTestFinished(() => over.destroy());
  return { over, met };
}

test("a client of DynamoDB that meets a fault tries again and gets its answer", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const kinds = ["resetBefore", "resetAfter", "truncate", "error", "errorAfter", "throughput", "throttling"] as const;
  for (const kind of kinds) {
    const { over, met } = await tableOver(table, { kind });
    expect(await readItem(over, "A"), kind).toMatchObject({ itemId: "A", state: "todo" });
    expect(met, kind).toEqual(["GetItem", "GetItem"]);
  }
});

test("a write that met a fault and was not tried again is in the table only if the store applied it before", async () => {
  const table = await testTable();
  for (const kind of ["resetBefore", "resetAfter", "truncate", "errorAfter"] as const) {
    const { endpoint } = await proxyWith("dynamodb", { kind });
    const retries = new PatientRetries({ patienceMs: 0, longestPauseMs: 0 });
    const client = dynamoClient({ ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: endpoint }, { retries });
    onTestFinished(() => client.destroy());
    const input = { TableName: table.name, Item: { itemID: { S: kind }, taskKey: { S: ITEM_ROW } } };
    await expect(client.send(new PutItemCommand(input)), kind).rejects.toThrow();
  }
  const rows = await readItemRows(table, ["resetBefore", "resetAfter", "truncate", "errorAfter"]);
  expect(rows.map(({ itemID }) => itemID).sort()).toEqual(["errorAfter", "resetAfter", "truncate"]);
});

test("a delayed request gets its answer at the first try", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const { over, met } = await tableOver(table, { kind: "delay", delayMs: 20 });
  expect(await readItem(over, "A")).toMatchObject({ itemId: "A" });
  expect(met).toEqual(["GetItem"]);
});

test("batches that are processed in part are finished by further requests", async () => {
  const table = await testTable();
  const ids = ["A", "B", "C", "D", "E"];
  await addItems(
    table,
    ids.map((id) => newItem(id)),
  );
  const reading = await tableOver(table, { kind: "partial" });
  const rows = await readItemRows(reading.over, ids);
  expect(rows.map(({ itemID }) => itemID).sort()).toEqual(ids);
  expect(reading.met).toEqual(["BatchGetItem", "BatchGetItem"]);
  const writing = await tableOver(table, { kind: "partial" });
  await deleteRows(
    writing.over,
    ids.map((id) => itemKey(id)),
  );
  expect(writing.met).toEqual(["BatchWriteItem", "BatchWriteItem"]);
  expect(await readItemRows(table, ids)).toEqual([]);
});

test.each<FaultKind>(["resetBefore", "resetAfter", "truncate", "error", "slowDown"])(
  "a client of S3 that meets %s tries again and gets the whole object",
  async (kind) => {
    const { s3, bucket } = testBucket();
    const put = { Bucket: bucket, Key: `chaos/${kind}`, Body: "0123456789".repeat(100) };
    await s3.send(new PutObjectCommand(put));
    const { over, met } = await s3Over({ kind });
    // a reply that is cut off fails while its body is being read, which the SDK leaves to the caller
    const read = async () => (await over.send(new GetObjectCommand(put))).Body?.transformToString();
    const text = await (kind === "truncate" ? read().catch(() => read()) : read());
    expect(text).toBe(put.Body);
    expect(met).toEqual(["GET", "GET"]);
  },
);

test("the n-th request to a service meets the same fault under the same seed, and others under another", () => {
  const faults = (seed: number) => Array.from({ length: 300 }, (_, n) => plannedFault(seed, "dynamodb", n));
  expect(faults(1)).toEqual(faults(1));
  expect(faults(1)).not.toEqual(faults(2));
  const kinds = new Set(Array.from({ length: 3_000 }, (_, n) => plannedFault(1, "s3", n).kind));
  expect([...kinds].sort()).toEqual(["carry", "delay", "error", "resetAfter", "resetBefore", "slowDown", "truncate"]);
});

test("only batches are processed in part", () => {
  const request = { path: "/", body: Buffer.from(JSON.stringify({ RequestItems: { t: [{}, {}] } })) };
  const kinds = (operation: string) =>
    new Set(Array.from({ length: 200 }, (_, number) => faultOf(1, "dynamodb", { ...request, operation, number }).kind));
  expect(kinds("BatchWriteItem")).toContain("partial");
  expect(kinds("UpdateItem")).not.toContain("partial");
});
