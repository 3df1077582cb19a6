import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { crc32 } from "node:zlib";
import batchGetItem from "dynalite/actions/batchGetItem.js";
import batchWriteItem from "dynalite/actions/batchWriteItem.js";
import createTable from "dynalite/actions/createTable.js";
import deleteItem from "dynalite/actions/deleteItem.js";
import describeTable from "dynalite/actions/describeTable.js";
import getItem from "dynalite/actions/getItem.js";
import putItem from "dynalite/actions/putItem.js";
import query from "dynalite/actions/query.js";
import scan from "dynalite/actions/scan.js";
import updateItem from "dynalite/actions/updateItem.js";
import type { Store } from "dynalite/db/index.js";
import checkBatchGetItem from "dynalite/validations/batchGetItem.js";
import checkBatchWriteItem from "dynalite/validations/batchWriteItem.js";
import checkCreateTable from "dynalite/validations/createTable.js";
import checkDeleteItem from "dynalite/validations/deleteItem.js";
import checkDescribeTable from "dynalite/validations/describeTable.js";
import checkGetItem from "dynalite/validations/getItem.js";
import checks from "dynalite/validations/index.js";
import checkPutItem from "dynalite/validations/putItem.js";
import checkQuery from "dynalite/validations/query.js";
import checkScan from "dynalite/validations/scan.js";
import checkUpdateItem from "dynalite/validations/updateItem.js";

/*
 * For each request, dynalite checks for things that a browser or a signed URL may send, using url.parse() and four
 * regular expressions, and draws 39 random bytes for an id. The requests that workers, imports and commands send all
 * day need none of that. This patch takes them straight to the same checks and the same actions; any other request goes
 * the usual way.
 */

const TYPE = "application/x-amz-json-1.0";
const MOST_BYTES = 16 * 1024 * 1024;
const SIGNED = /^AWS4-HMAC-SHA256 Credential=[^,= ]+, ?SignedHeaders=[^,= ]+, ?Signature=[^,= ]+$/;
const OPERATIONS = new Map([
  ["BatchGetItem", { act: batchGetItem, check: checkBatchGetItem }],
  ["BatchWriteItem", { act: batchWriteItem, check: checkBatchWriteItem }],
  ["CreateTable", { act: createTable, check: checkCreateTable }],
  ["DeleteItem", { act: deleteItem, check: checkDeleteItem }],
  ["DescribeTable", { act: describeTable, check: checkDescribeTable }],
  ["GetItem", { act: getItem, check: checkGetItem }],
  ["PutItem", { act: putItem, check: checkPutItem }],
  ["Query", { act: query, check: checkQuery }],
  ["Scan", { act: scan, check: checkScan }],
  ["UpdateItem", { act: updateItem, check: checkUpdateItem }],
]);
const PREFIX = "DynamoDB_20120810.";

/** Makes a dynalite answer ordinary requests with less work. */
export function answerSooner(server: Server, store: Store): void {
  const [handle] = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const operation = operationOf(request);
    if (operation) take(request, response, (body) => answer(operation, { store, body, response }));
    else handle?.(request, response);
  });
}

function operationOf({ method, url, headers }: IncomingMessage) {
  const target = headers["x-amz-target"];
  const isOrdinary =
    method === "POST" &&
    url === "/" &&
    headers["content-type"] === TYPE &&
    headers["x-amz-date"] !== undefined &&
    headers.origin === undefined &&
    Number(headers["content-length"]) <= MOST_BYTES &&
    SIGNED.test(headers.authorization ?? "");
  if (!isOrdinary || typeof target !== "string" || !target.startsWith(PREFIX)) return undefined;
  return OPERATIONS.get(target.slice(PREFIX.length));
}

function take(request: IncomingMessage, response: ServerResponse, then: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on("error", () => response.destroy());
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => then(Buffer.concat(chunks).toString()));
}

type Operation = NonNullable<ReturnType<typeof operationOf>>;

function answer(
  { act, check }: Operation,
  { store, body, response }: { store: Store; body: string; response: ServerResponse },
): void {
  let data: unknown;
  try {
    data = JSON.parse(body);
  } catch {
    send(response, 400, { __type: "com.amazon.coral.service#SerializationException" });
    return;
  }
  try {
    data = checks.checkTypes(data, check.types);
    checks.checkValidations(data, check.types, check.custom, store);
  } catch (error) {
    sendError(response, error);
    return;
  }
  act(store, data, (error, result) => {
    if (error) sendError(response, error);
    else send(response, 200, result);
  });
}

/** Throws errors that are not meant for the client, as dynalite does. */
function sendError(response: ServerResponse, error: unknown): void {
  const { statusCode, body } = error as { statusCode?: number; body?: unknown };
  if (!statusCode) throw error;
  send(response, statusCode, body);
}

function send(response: ServerResponse, status: number, result: unknown): void {
  const body = JSON.stringify(result);
  response.writeHead(status, {
    "x-amzn-RequestId": `${randomUUID().replaceAll("-", "").toUpperCase()}${"0".repeat(20)}`,
    "x-amz-crc32": crc32(body),
    "Content-Type": TYPE,
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}
