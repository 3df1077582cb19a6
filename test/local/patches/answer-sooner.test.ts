import dynalite from "dynalite";
import type { Store } from "dynalite/db/index.js";
import { expect, onTestFinished, test } from "vitest";
import { RequestSigner } from "../../../lib/wire/sign-request.ts";
import { closeServer, listenOnLoopback } from "../../../local/loopback.ts";
import { answerSooner } from "../../../local/patches/answer-sooner.ts";
import { makeWritesAtomic } from "../../../local/patches/atomic-writes.ts";

const KEY = { id: { S: "é日" } };
const TABLE = {
  TableName: "items",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST",
};
const HEADERS = { "content-type": "application/x-amz-json-1.0" };

/** Operations, and bodies; a body that is not an object is sent unchanged. */
const CALLS: readonly [operation: string, body: unknown, headers?: Record<string, string>][] = [
  ["PutItem", { TableName: "items", Item: { ...KEY, N: { N: "1" } }, ReturnConsumedCapacity: "INDEXES" }],
  ["PutItem", { TableName: "items", Item: KEY, ConditionExpression: "attribute_not_exists(id)" }],
  ["UpdateItem", { TableName: "items", Key: KEY, UpdateExpression: "SET (" }],
  ["UpdateItem", { TableName: "items", Key: { other: { S: "x" } } }],
  ["GetItem", { TableName: "items", Key: KEY }],
  ["GetItem", { TableName: "missing", Key: KEY }],
  ["GetItem", { TableName: "items", Key: { id: { X: "x" } } }],
  ["GetItem", "{"],
  ["GetItem", ""],
  ["Query", { TableName: "items" }],
  ["BatchWriteItem", { RequestItems: { items: [{ DeleteRequest: { Key: KEY } }] } }],
  ["DescribeTable", { TableName: "missing" }],
  ["Nonsense", {}],
  ["GetItem", { TableName: "items", Key: KEY }, { authorization: "Basic x" }],
  ["GetItem", { TableName: "items", Key: KEY }, { authorization: "AWS4-HMAC-SHA256 Credential=x" }],
  ["GetItem", { TableName: "items", Key: KEY }, { origin: "http://example.org" }],
  ["GetItem", { TableName: "items", Key: KEY }, { "content-type": "text/plain" }],
];

async function answers(isSooner: boolean) {
  let store: Store | undefined;
  makeWritesAtomic((made) => {
    store = made;
  });
  const server = dynalite({ createTableMs: 0 });
  if (isSooner && store) answerSooner(server, store);
  const endpoint = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  const { host } = new URL(endpoint);
  const signer = new RequestSigner();
  const found: unknown[] = [];
  for (const [operation, input, more] of [["CreateTable", TABLE] as const, ...CALLS]) {
    const body = typeof input === "string" ? input : JSON.stringify(input);
    const target = `DynamoDB_20120810.${operation}`;
    const keys = { accessKeyId: "a", secretAccessKey: "b" };
    const { host: _, ...signed } = signer.headersOf(keys, { host, region: "r", target, body, atMs: Date.now() });
    const reply = await fetch(endpoint, { method: "POST", body, headers: { ...signed, ...HEADERS, ...more } });
    const { "x-amzn-requestid": id, date, ...headers } = Object.fromEntries(reply.headers);
    const text = (await reply.text()).replace(/"CreationDateTime":[\d.]+|[\da-f]{8}-[-\da-f]{27}/g, "");
    if (operation === "CreateTable") continue;
    found.push([operation, input, more, reply.status, id?.length, date !== undefined, headers, text]);
  }
  return found;
}

test("the answers are those of dynalite, whatever is wrong with a request", async () => {
  expect(await answers(true)).toEqual(await answers(false));
});
