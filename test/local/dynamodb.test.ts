import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  CreateTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import dynaliteDb from "dynalite/db/index.js";
import { expect, onTestFinished, test } from "vitest";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import { UsageError } from "../../lib/errors.ts";
import { STATE_INDEX, tableSchema } from "../../lib/store/schema.ts";
import { createTable } from "../../lib/tables/create-table.ts";
import { startDynamoDb } from "../../local/dynamodb.ts";
import { SOON } from "./soon.ts";

const DYNALITE = join(import.meta.dirname, "../../local/dynamodb/dynalite-process.ts");

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-dynamodb-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

async function start(options: { dir?: string; port?: number } = {}) {
  const server = await startDynamoDb(options);
  onTestFinished(() => server.close());
  return server;
}

function clientOf(endpoint: string): DynamoDBClient {
  const client = dynamoClient({
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "x",
  });
  onTestFinished(() => client.destroy());
  return client;
}

const key = (id: number) => ({ itemID: { S: `item ${id}` }, taskKey: { S: "-" } });

test("rows survive a restart on the same folder", async () => {
  const dir = await folder();
  const first = await start({ dir });
  const client = clientOf(first.endpoint);
  await createTable(client, "items");
  await client.send(new PutItemCommand({ TableName: "items", Item: { ...key(1), Step: { S: "é" } } }));
  await first.close();
  await first.close();
  const second = await start({ dir });
  const got = await clientOf(second.endpoint).send(new GetItemCommand({ TableName: "items", Key: key(1) }));
  expect(got.Item?.Step).toEqual({ S: "é" });
});

test("a client that disconnects in the middle of a request does not end the database", async () => {
  const { endpoint } = await start();
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 1000";
  await promisify<string, void>(socket.write.bind(socket))(`${head}\r\n\r\n{`);
  // By the time another connection has its answer, the server has read what the first one sent.
  await createTable(clientOf(endpoint), "before");
  socket.resetAndDestroy();
  for (const name of ["after", "and-again"]) await createTable(clientOf(endpoint), name);
});

test("a folder that another database uses is rejected by name and left untouched", async () => {
  const dir = await folder();
  const first = await start({ dir });
  const second = startDynamoDb({ dir });
  await expect(second).rejects.toThrow(UsageError);
  await expect(second).rejects.toThrow(`${dir} is in use`);
  await clientOf(first.endpoint).send(new CreateTableCommand(tableSchema("items")));
});

test("the error for a taken port names the port", async () => {
  const { endpoint } = await start();
  const port = Number(new URL(endpoint).port);
  const second = startDynamoDb({ port });
  await expect(second).rejects.toThrow(UsageError);
  await expect(second).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
});

// Starts the child process itself, without the parent's half, so that the test can kill it.
async function startBare(dir: string): Promise<{ child: ChildProcess; endpoint: string }> {
  const child = spawn(process.execPath, [DYNALITE, JSON.stringify({ dir, port: 0 })], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const [{ endpoint }] = (await once(child, "message")) as [{ endpoint: string }];
  return { child, endpoint };
}

test("when it is killed while many clients write, every row has its index entry and every entry its row", async () => {
  const dir = await folder();
  for (let round = 0; round < 3; round++) {
    const { child, endpoint } = await startBare(dir);
    const client = clientOf(endpoint);
    if (round === 0) await createTable(client, "items");
    let written = 0;
    const move = (id: number, state: string) =>
      client.send(
        new UpdateItemCommand({
          TableName: "items",
          Key: key(id),
          UpdateExpression: "SET StateKey = :key, StateSort = :sort",
          ExpressionAttributeValues: { ":key": { S: state }, ":sort": { S: `${state} ${id}` } },
        }),
        { abortSignal: AbortSignal.timeout(5_000) },
      );
    const writers = Array.from({ length: 32 }, async (_, id) => {
      for (let turn = 0; child.exitCode === null && child.signalCode === null; turn++) {
        await move(id, turn % 2 ? "todo" : "locked").catch(() => {});
        written += 1;
        if (written === 400) child.kill("SIGKILL");
      }
    });
    await Promise.all(writers);

    const after = await startBare(dir);
    const reader = clientOf(after.endpoint);
    const rows = await reader.send(new ScanCommand({ TableName: "items" }));
    const entries = await reader.send(new ScanCommand({ TableName: "items", IndexName: STATE_INDEX }));
    const keysOf = (items: typeof rows.Items) => items?.map((row) => `${row.itemID?.S} ${row.StateSort?.S}`).sort();
    expect(rows.Items).toHaveLength(32);
    expect(keysOf(entries.Items)).toEqual(keysOf(rows.Items));
    after.child.kill("SIGKILL");
    await once(after.child, "exit");
  }
});

test("a restart finishes creating and deleting the tables where a kill interrupted it", async () => {
  const dir = await folder();
  const first = await start({ dir });
  const client = clientOf(first.endpoint);
  for (const table of ["made", "deleted", "deleted-not"]) {
    await createTable(client, table);
    await client.send(new PutItemCommand({ TableName: table, Item: key(1) }));
  }
  await first.close();
  // Set the intermediate status by hand: it lasts too short to be hit by a kill.
  const { db } = dynaliteDb.create({ path: dir });
  for (const [table, TableStatus] of [
    ["made", "CREATING"],
    ["deleted", "DELETING"],
  ] as const) {
    const stored = await db.get(`table~${table}`);
    await promisify(db.put)(`table~${table}`, { ...stored, TableStatus });
  }
  await db.close();

  const again = clientOf((await start({ dir })).endpoint);
  const rowsOf = async (TableName: string) => (await again.send(new ScanCommand({ TableName }))).Count;
  expect((await again.send(new ListTablesCommand({}))).TableNames).toEqual(["deleted-not", "made"]);
  expect([await rowsOf("made"), await rowsOf("deleted-not")]).toEqual([1, 1]);
  await createTable(again, "deleted");
  expect(await rowsOf("deleted")).toBe(0);
});

test("it ends when its parent is killed, and the folder is free again", async () => {
  const dir = await folder();
  const script = `import { startDynamoDb } from ${JSON.stringify(join(import.meta.dirname, "../../local/dynamodb.ts"))};
    const { endpoint } = await startDynamoDb({ dir: ${JSON.stringify(dir)} });
    console.log(endpoint);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const stderr: Buffer[] = [];
  parent.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  parent.kill("SIGKILL");
  await once(parent, "exit");
  const isGone = () => fetch(line.toString().trim()).then(Boolean, () => "gone");
  await expect.poll(isGone, SOON).toBe("gone");
  const isFree = async () => (await startDynamoDb({ dir })).close().then(() => "free");
  await expect.poll(() => isFree().catch(() => "held"), SOON).toBe("free");
  expect(Buffer.concat(stderr).toString()).toBe("");
  expect((await readdir(dir)).length).toBeGreaterThan(0);
  await expect(readFile(join(dir, "CURRENT"), "utf8")).resolves.toMatch(/^MANIFEST/);
});
