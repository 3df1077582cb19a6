import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { networkInterfaces } from "node:os";
import { GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, onTestFinished, test } from "vitest";
import { dynamoClient } from "../../../lib/dynamo-client.ts";
import { readRow } from "../../../lib/store/read-row.ts";
import { putRow, updateRow } from "../../../lib/store/write-row.ts";
import { openTable, type Table } from "../../../lib/table.ts";
import { knownPlace } from "../../../lib/wire/known-place.ts";
import { Poster } from "../../../lib/wire/post.ts";
import { takeShortCut } from "../../../lib/wire/short-cut.ts";
import { closeServer, listenOnLoopback } from "../../../local/loopback.ts";
import { dynamoLine, type Fate } from "../../support/dynamo-line.ts";
import { testEnv, testTable } from "../../support/env.ts";

const KEY = { itemID: "A", taskKey: "-" };
const isAtOne = { expression: "Attempt = :one", names: {}, values: { ":one": 1 } };

/** A table behind a proxy, with or without the shorter way, after one request that has shown where the table is. */
async function overLine(table: Table, fateOf: (operation: string) => Fate, isShort = true) {
  const sent: string[] = [];
  const endpoint = await dynamoLine((operation) => {
    sent.push(operation);
    return fateOf(operation);
  });
  const client = dynamoClient({ ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: endpoint });
  const line = openTable(table.name, client);
  const close = isShort ? takeShortCut(line.db, client) : () => {};
  onTestFinished(() => {
    close();
    client.destroy();
  });
  await readRow(line, KEY);
  sent.length = 0;
  return { line, sent };
}

/** A table whose first update meets a given fate. */
function failingOnce(table: Table, fate: Fate, isShort?: boolean) {
  let isOver = false;
  const fateOf = (operation: string): Fate => {
    if (isOver || operation !== "UpdateItem") return "carry";
    isOver = true;
    return fate;
  };
  return overLine(table, fateOf, isShort);
}

test("rows come back as they were written, whatever their types", async () => {
  const table = await testTable();
  const { line } = await overLine(table, () => "carry");
  const bytes = new Uint8Array([0, 200, 255]);
  const row = { ...KEY, Text: 'a "B": and "BS": é日', Log: bytes, Deep: { L: [bytes, 1, null, true] }, N: 1.5 };
  await putRow(line, { ...row, Names: new Set(["x"]) });
  for (const read of [await readRow(line, KEY), await readRow(table, KEY)]) {
    expect(read).toEqual({ ...row, Names: new Set(["x"]) });
  }
  const changes = { set: { Log: new Uint8Array([7]) } };
  const updated = await updateRow(line, KEY, { changes, returning: "new" });
  expect(updated.row?.Log).toEqual(new Uint8Array([7]));
});

test("a write meets the same end as through the SDK, and is sent as often, whatever happens to it", async () => {
  const fates: Fate[] = ["resetBefore", "resetAfter", "truncate", "error", "errorAfter", "throughput", "throttling"];
  const ends = async (fate: Fate, isShort: boolean) => {
    const table = await testTable();
    await putRow(table, { ...KEY, Attempt: 1 });
    const { line, sent } = await failingOnce(table, fate, isShort);
    // the condition no longer holds once the write has taken effect
    const update = { changes: { set: { Attempt: 2 } }, condition: isAtOne };
    const result = await updateRow(line, KEY, update);
    return { fate, result, updates: sent.filter((operation) => operation === "UpdateItem").length };
  };
  const [short, sdk] = await Promise.all(
    [true, false].map((isShort) => Promise.all(fates.map((fate) => ends(fate, isShort)))),
  );
  expect(short).toEqual(sdk);
  expect(short?.[0]).toMatchObject({ result: { won: true }, updates: 2 });
  expect(short?.[1]).toMatchObject({ result: { won: false, sent: 2, row: { Attempt: 2 } }, updates: 2 });
});

test("shortly before an invocation ends, a request that failed is not sent again", async () => {
  const { name } = await testTable();
  const sent: string[] = [];
  let isLate = false;
  let fate: Fate = "carry";
  const endpoint = await dynamoLine((operation) => {
    sent.push(operation);
    return fate;
  });
  const client = dynamoClient({ ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: endpoint });
  const late = openTable(name, client);
  const close = takeShortCut(late.db, client, { mayTryAgain: () => !isLate });
  onTestFinished(() => {
    close();
    client.destroy();
  });
  await readRow(late, KEY);
  isLate = true;
  const fates: [Fate, object][] = [
    ["resetBefore", { code: "ECONNRESET" }],
    ["throttling", { name: "ThrottlingException" }],
    ["error", expect.any(Error)],
  ];
  for (const [next, expected] of fates) {
    sent.length = 0;
    fate = next;
    await expect(readRow(late, KEY)).rejects.toMatchObject(expected);
    expect(sent, next).toHaveLength(1);
  }
});

test("an error is the SDK's own, and a refusal brings the row", async () => {
  const table = await testTable();
  const { line, sent } = await overLine(table, () => "carry");
  await putRow(line, { ...KEY, Attempt: 3 });
  sent.length = 0;
  const refused = await updateRow(line, KEY, { changes: { set: { X: 1 } }, condition: isAtOne });
  expect(refused).toEqual({ won: false, sent: 1, row: { ...KEY, Attempt: 3 } });
  expect(sent.filter((operation) => operation === "UpdateItem")).toHaveLength(1);
  const wrong = { TableName: table.name, Key: { itemID: { S: "A" }, taskKey: { S: "-" } }, UpdateExpression: "SET (" };
  await expect(line.db.send(new UpdateItemCommand(wrong))).rejects.toMatchObject({
    name: "ValidationException",
    $metadata: { httpStatusCode: 400 },
  });
  const missing = new GetItemCommand({ TableName: "no-such-table", Key: wrong.Key });
  await expect(line.db.send(missing)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

test("a reply of 200 that is not DynamoDB's, such as a proxy's page, is left to the SDK, which asks again", async () => {
  const bodies = ["{}", "<html>", "", "null", '["x"]', '"x"', '{"Item":{"itemID":{"S":"A"'];
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const fromSdk = "amz-sdk-request" in request.headers;
      response.end(fromSdk ? '{"Item":{"itemID":{"S":"A"}}}' : bodies[++asked]);
    });
  });
  const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "r" };
  const client = dynamoClient({ ...keys, AWS_ENDPOINT_URL: await listenOnLoopback(server, 0) });
  const table = openTable("t", client);
  const close = takeShortCut(table.db, client);
  onTestFinished(async () => {
    close();
    client.destroy();
    await closeServer(server);
  });
  for (const _ of bodies) expect(await readRow(table, KEY)).toEqual({ itemID: "A" });
  expect(asked).toBe(bodies.length - 1);
});

const HAS_IPV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

test.each(["127.0.0.1", ...(HAS_IPV6 ? ["::1"] : [])])(
  "a server at %s that switches to another protocol is given up on at once",
  async (host) => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.write("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"));
    });
    const poster = new Poster({ timeoutMs: 60_000 });
    onTestFinished(() => {
      poster.close();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const { port } = server.address() as AddressInfo;
    const hostname = host.includes(":") ? `[${host}]` : host;
    await expect(poster.post({ protocol: "http:", hostname, port }, {}, "{}")).rejects.toThrow("no whole reply");
  },
);

test("keys are asked for at each request, and the endpoint is the SDK's", async () => {
  const seen: IncomingMessage[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    seen.push(request);
    request.resume().on("end", () => response.end("{}"));
  });
  const endpoint = await listenOnLoopback(server, 0);
  const client = dynamoClient({ AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL: endpoint });
  let asked = 0;
  client.config.credentials = async () => {
    asked++;
    // so close to its end that it has to be renewed each time
    const expiration = new Date(Date.now() + 1_000);
    return { accessKeyId: `KEY${asked}`, secretAccessKey: "s", sessionToken: `TOKEN${asked}`, expiration };
  };
  const table = openTable("t", client);
  const close = takeShortCut(table.db, client);
  onTestFinished(async () => {
    close();
    client.destroy();
    await closeServer(server);
  });
  for (let n = 0; n < 3; n++) await readRow(table, KEY);
  const tokens = seen.map(({ headers }) => headers["x-amz-security-token"]);
  expect(new Set(tokens).size).toBe(3);
  for (const { headers } of seen) {
    const key = String(headers["x-amz-security-token"]).replace("TOKEN", "KEY");
    expect(headers.authorization).toMatch(`Credential=${key}/`);
    expect(headers.authorization).toMatch("/eu-west-1/dynamodb/aws4_request");
    expect(headers["x-amz-target"]).toBe("DynamoDB_20120810.GetItem");
  }
  // only the first comes from the SDK itself
  expect(seen.map(({ headers }) => "amz-sdk-request" in headers)).toEqual([true, false, false]);
});

test("a server that never answers is given up on", async () => {
  const server = createServer(() => {});
  const endpoint = new URL(await listenOnLoopback(server, 0));
  const poster = new Poster({ timeoutMs: 20 });
  onTestFinished(() => {
    poster.close();
    server.close();
    server.closeAllConnections();
  });
  const to = { protocol: "http:", hostname: endpoint.hostname, port: Number(endpoint.port) };
  await expect(poster.post(to, {}, "{}")).rejects.toThrow("no reply in 20 ms");
});

test("an environment with its own address, region and keys tells where to send without a request of the SDK", async () => {
  const bySdk: boolean[] = [];
  const server = createServer((request, response) => {
    bySdk.push("amz-sdk-request" in request.headers);
    request.resume().on("end", () => response.end('{"Item":{"itemID":{"S":"A"}}}'));
  });
  const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "r" };
  const own = { ...env, AWS_ENDPOINT_URL: await listenOnLoopback(server, 0) };
  const client = dynamoClient(own);
  const line = openTable("t", client);
  const close = takeShortCut(line.db, client, { place: knownPlace(own) });
  onTestFinished(async () => {
    close();
    client.destroy();
    await closeServer(server);
  });
  expect(await readRow(line, KEY)).toEqual({ itemID: "A" });
  expect(bySdk).toEqual([false]);
  const { AWS_REGION: _, ...noRegion } = own;
  const path = { ...env, AWS_ENDPOINT_URL: "http://127.0.0.1/path" };
  for (const other of [env, noRegion, path, { ...env, AWS_ENDPOINT_URL: "nowhere" }]) {
    expect(knownPlace(other)).toBeUndefined();
  }
});
