import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { GetItemCommand, PutItemCommand, ScanCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import type { Env } from "../../lib/aws-config.ts";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import { UsageError } from "../../lib/errors.ts";
import { STATE_INDEX } from "../../lib/store/schema.ts";
import { createTable } from "../../lib/tables/create-table.ts";
import type { Engine } from "../../local/dynamodb/engine.ts";
import { startDynamoDb } from "../../local/dynamodb.ts";
import { startStack } from "../../local/stack.ts";
import { SOON } from "../local/soon.ts";
import { fetchDynoxide } from "../support/emulators/fetch.ts";
import { testFolder } from "../support/worker.ts";

const testOnDynoxide = test.skipIf(inject("dynoxideProblem"));
const engineOf = async (): Promise<Engine> => ({ name: "dynoxide", binary: await fetchDynoxide() });
const key = (id: number) => ({ itemID: { S: `item ${id}` }, taskKey: { S: "-" } });

async function start(dir: string) {
  const server = await startDynamoDb({ dir, engine: await engineOf() });
  onTestFinished(() => server.close());
  return { server, client: clientOf({ AWS_ENDPOINT_URL_DYNAMODB: server.endpoint }) };
}

function clientOf(env: Env) {
  const client = dynamoClient({ AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x", ...env });
  onTestFinished(() => client.destroy());
  return client;
}

/** Process ids of the dynoxide whose database is in `dir`. */
async function dynoxidesOf(dir: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await readdir("/proc")) {
    const args = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const program = await readlink(`/proc/${pid}/exe`).catch(() => "");
    if (program.endsWith("/dynoxide") && args.includes(dir)) found.push(Number(pid));
  }
  return found;
}

testOnDynoxide("rows survive a restart on the same folder", async () => {
  const dir = await testFolder();
  const first = await start(dir);
  await createTable(first.client, "items");
  await first.client.send(new PutItemCommand({ TableName: "items", Item: { ...key(1), Step: { S: "é" } } }));
  await first.server.close();
  expect(await dynoxidesOf(dir)).toEqual([]);
  const second = await start(dir);
  const got = await second.client.send(new GetItemCommand({ TableName: "items", Key: key(1) }));
  expect(got.Item?.Step).toEqual({ S: "é" });
});

testOnDynoxide("a folder that is in use, and a port that is taken, are named", async () => {
  const dir = await testFolder();
  const { server } = await start(dir);
  await expect(start(dir)).rejects.toThrow(`${dir} is in use`);
  const port = Number(new URL(server.endpoint).port);
  const second = startDynamoDb({ port, engine: await engineOf() });
  await expect(second).rejects.toThrow(UsageError);
  await expect(second).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
});

testOnDynoxide("a kill while many clients write leaves every answered write, with its index entry", async () => {
  const dir = await testFolder();
  const { client } = await start(dir);
  await createTable(client, "items");
  const [pid = 0] = await dynoxidesOf(dir);
  const answered = new Map<number, string>();
  let isKilled = false;
  const writers = Array.from({ length: 16 }, async (_, id) => {
    for (let turn = 0; !isKilled; turn++) {
      const sort = `turn ${String(turn).padStart(4, "0")}`;
      const write = new UpdateItemCommand({
        TableName: "items",
        Key: key(id),
        UpdateExpression: "SET StateKey = :key, StateSort = :sort",
        ExpressionAttributeValues: { ":key": { S: turn % 2 ? "todo" : "locked" }, ":sort": { S: sort } },
      });
      const isAnswered = await client.send(write, { abortSignal: AbortSignal.timeout(5_000) }).then(
        () => true,
        () => false,
      );
      if (isAnswered) answered.set(id, sort);
      if (turn === 20 && !isKilled) {
        isKilled = true;
        process.kill(pid, "SIGKILL");
      }
    }
  });
  await Promise.all(writers);
  const isFree = () => start(dir).catch(() => undefined);
  const after = await vi.waitUntil(isFree, SOON);
  const rows = (await after.client.send(new ScanCommand({ TableName: "items" }))).Items ?? [];
  const entries =
    (await after.client.send(new ScanCommand({ TableName: "items", IndexName: STATE_INDEX }))).Items ?? [];
  const keysOf = (items: typeof rows) => items.map((row) => `${row.itemID?.S} ${row.StateSort?.S}`).sort();
  expect(keysOf(entries)).toEqual(keysOf(rows));
  for (const [id, sort] of answered) {
    const row = rows.find(({ itemID }) => itemID?.S === `item ${id}`);
    expect((row?.StateSort?.S ?? "") >= sort).toBe(true);
  }
});

testOnDynoxide("it ends when its parent is killed", async () => {
  const dir = await testFolder();
  const module = join(import.meta.dirname, "../../local/dynamodb.ts");
  const options = JSON.stringify({ dir, engine: await engineOf() });
  const script = `import { startDynamoDb } from ${JSON.stringify(module)};
    console.log((await startDynamoDb(${options})).endpoint);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(parent.stdout, "data");
  expect(await dynoxidesOf(dir)).toHaveLength(1);
  parent.kill("SIGKILL");
  await expect.poll(() => dynoxidesOf(dir), SOON).toEqual([]);
});

testOnDynoxide("a stack runs on dynoxide, and its folder stays with it", async () => {
  const dir = await testFolder();
  vi.stubEnv("PATH", [dirname(await fetchDynoxide()), process.env.PATH ?? ""].join(delimiter));
  vi.stubEnv("ANAMO_DYNAMODB", "dynoxide");
  onTestFinished(() => void vi.unstubAllEnvs());
  const startOne = () =>
    startStack({ dir, table: "workflow", bucket: "bucket", workerCommand: ["true"], maxRunning: 1 });
  const first = await startOne();
  expect(await first.functions.invoke("summarize")).toBeTypeOf("object");
  await first.close(0);
  vi.stubEnv("ANAMO_DYNAMODB", "");
  const second = await startOne();
  onTestFinished(() => second.close(0));
  expect(await dynoxidesOf(join(dir, "dynamodb"))).toHaveLength(1);
});
