/*
 * How fast `reset --state failed` and `delete --state done` change many items, beside bare SDK calls that do the same
 * to the same items with the same concurrency, and how much memory that takes.
 *
 *   node bench/manage.ts [items] [blocks]
 *
 * The embedded server runs in a process of its own. Another takes turns, a block of items by bare calls, a block by
 * anamo, the order changing, so that whatever else the machine does falls on both alike. A third changes all items in
 * one go, and a fourth a tenth of them: their memory is that of the command.
 */
import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { DeleteItemCommand, QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { table as drawTable } from "../cli/output/table.ts";
import { changeItems } from "../lib/change-items.ts";
import { dynamoClient, type Env } from "../lib/clients.ts";
import { createTable } from "../lib/create-table.ts";
import { toDelete } from "../lib/delete-items.ts";
import { stateKeys } from "../lib/keys.ts";
import { partitionsOf } from "../lib/list-entries.ts";
import { toReset } from "../lib/reset.ts";
import { A, OUTCOME_ATTRIBUTES } from "../lib/rows.ts";
import { ITEM_ROW, STATE_INDEX } from "../lib/schema.ts";
import { DEFAULT_SHARDS, registerLanes } from "../lib/settings.ts";
import { SettingsCache } from "../lib/settings-cache.ts";
import { openTable, type Table } from "../lib/table.ts";
import { startDynamoDb } from "../local/dynamodb.ts";
import { fill, item, STEP } from "./manage-items.ts";
import { median } from "./stack.ts";

/** As many calls at once as the commands make. */
const WIDTH = 32;

/** On a large machine V8 lets the garbage of the SDK pile up; with a heap of this size a leak would end the process. */
const SMALL_HEAP = ["--max-semi-space-size=8", "--max-old-space-size=96"];

type Kind = "reset" | "delete";
type Way = "bare" | "anamo";
type Client = ReturnType<typeof dynamoClient>;

interface Cost {
  seconds: number;
  cpuSeconds: number;
}

/** What the blocks of one kind took, and anamo's share of the bare rate in each. */
interface Figures {
  kind: Kind;
  items: number;
  costs: Record<Way, Cost>;
  shares: number[];
}

async function compare(items: number, blocks: number): Promise<void> {
  const dynamo = await startDynamoDb();
  const env = { ...process.env, ...CREDENTIALS, AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint };
  try {
    const figures = await inProcess<Figures[]>(env, "--pairs", items, blocks);
    const rows = figures.map(({ kind, items: count, costs: { bare, anamo }, shares }) => [
      ...[`${kind} ${count.toLocaleString("en-US")}`, rate(count, bare), rate(count, anamo)],
      ...[median(shares).toFixed(2), (bare.cpuSeconds / anamo.cpuSeconds).toFixed(2)],
    ]);
    const head = ["what", "bare, items/s", "anamo, items/s", "share (median block)", "share by CPU time"];
    process.stdout.write(`${drawTable(head, rows)}\n\n`);
    const sizes = [Math.ceil(items / 10), items];
    const peaks: (string | number)[][] = [];
    for (const size of sizes) {
      const { peakMb } = await inProcess<{ peakMb: number }>(env, "--whole", size);
      peaks.push([`reset and delete ${size.toLocaleString("en-US")} each`, peakMb]);
    }
    process.stdout.write(`${drawTable(["what", "peak memory, MB"], peaks)}\n`);
  } finally {
    await dynamo.close();
  }
}

const CREDENTIALS = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "bench", AWS_SECRET_ACCESS_KEY: "bench" };

/** Takes turns, `blocks` times each; one more before them is to warm up and does not count. */
async function runPairs(items: number, blocks: number): Promise<Figures[]> {
  const each = Math.ceil(items / blocks);
  const figures: Figures[] = [];
  for (const kind of ["reset", "delete"] as const) {
    const costs = { bare: { seconds: 0, cpuSeconds: 0 }, anamo: { seconds: 0, cpuSeconds: 0 } };
    const shares: number[] = [];
    for (let block = -1; block < blocks; block++) {
      const order: Way[] = block % 2 === 0 ? ["bare", "anamo"] : ["anamo", "bare"];
      const found: Partial<Record<Way, Cost>> = {};
      for (const way of order) found[way] = await onFilledTable(each, kind, WAYS[way]);
      const { bare, anamo } = found;
      if (block < 0 || !bare || !anamo) continue;
      add(costs.bare, bare);
      add(costs.anamo, anamo);
      shares.push(bare.seconds / anamo.seconds);
    }
    figures.push({ kind, items: each * blocks, costs, shares });
  }
  return figures;
}

async function runWhole(items: number): Promise<{ peakMb: number }> {
  for (const kind of ["reset", "delete"] as const) await onFilledTable(items, kind, changeByAnamo);
  return { peakMb: Math.round(process.resourceUsage().maxRSS / 1024) };
}

type Work = (table: Table, client: Client, kind: Kind) => Promise<number>;

const WAYS: Record<Way, Work> = { bare: changeBare, anamo: changeByAnamo };

async function changeByAnamo(table: Table, _: Client, kind: Kind): Promise<number> {
  const settings = new SettingsCache(table);
  const [selector, change] =
    kind === "reset" ? ([{ states: ["failed"] }, toReset()] as const) : ([{ states: ["done"] }, toDelete()] as const);
  let changed = 0;
  for await (const { result } of changeItems(table, settings, selector, change)) {
    if (result === "changed") changed++;
  }
  return changed;
}

/** The same index read, and a call an item, with nothing around them and no condition. */
async function changeBare(table: Table, client: Client, kind: Kind): Promise<number> {
  const settings = { shards: DEFAULT_SHARDS, steps: new Map([[STEP, [5]]]) };
  const ids: string[] = [];
  for (const key of partitionsOf(settings, { states: [kind === "reset" ? "failed" : "done"] })) {
    const reply = await client.send(
      new QueryCommand({
        ...{ TableName: table.name, IndexName: STATE_INDEX, KeyConditionExpression: "StateKey = :key" },
        ExpressionAttributeValues: { ":key": { S: key } },
      }),
    );
    for (const row of reply.Items ?? []) ids.push(row.itemID?.S ?? "");
  }
  const next = ids.values();
  const lane = async () => {
    for (const itemId of next)
      await (kind === "reset" ? resetBare(table, client, itemId) : deleteBare(table, client, itemId));
  };
  await Promise.all(Array.from({ length: WIDTH }, lane));
  return ids.length;
}

const GONE = [A.doneDate, A.failures, A.interruptions, A.losses, ...OUTCOME_ATTRIBUTES];

async function resetBare(table: Table, client: Client, itemId: string): Promise<void> {
  const { stateKey, stateSort } = stateKeys(item(itemId, "todo"), DEFAULT_SHARDS);
  await client.send(
    new UpdateItemCommand({
      TableName: table.name,
      Key: keyOf(itemId),
      UpdateExpression: `SET ItemState = :state, StateKey = :key, StateSort = :sort REMOVE ${GONE.map((_, n) => `#r${n}`).join(", ")}`,
      ExpressionAttributeNames: Object.fromEntries(GONE.map((name, n) => [`#r${n}`, name])),
      ExpressionAttributeValues: { ":state": { S: "todo" }, ":key": { S: stateKey }, ":sort": { S: stateSort } },
    }),
  );
}

async function deleteBare(table: Table, client: Client, itemId: string): Promise<void> {
  await client.send(new DeleteItemCommand({ TableName: table.name, Key: keyOf(itemId) }));
}

function keyOf(itemId: string) {
  return { itemID: { S: itemId }, taskKey: { S: ITEM_ROW } };
}

/** Puts items on a table of their own, lets them be changed, and takes the time of that alone. */
async function onFilledTable(items: number, kind: Kind, work: Work): Promise<Cost> {
  const client = dynamoClient(process.env);
  const table = openTable(`bench-${randomUUID()}`, client);
  await createTable(client, table.name);
  await registerLanes(table, [{ step: STEP, priority: 5 }]);
  await fill(client, table.name, items, kind === "reset" ? "failed" : "done");
  await turn();
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  const changed = await work(table, client, kind);
  const { user, system } = process.cpuUsage(startedCpu);
  const cost = { seconds: (performance.now() - startedMs) / 1_000, cpuSeconds: (user + system) / 1e6 };
  client.destroy();
  if (changed !== items) throw new Error(`changed ${changed} of ${items} items`);
  return cost;
}

/** Runs this file in another role, and gives what that has measured. */
async function inProcess<T>(env: Env, ...args: (string | number)[]): Promise<T> {
  const execArgv = [...process.execArgv, ...SMALL_HEAP];
  const child: ChildProcess = fork(import.meta.filename, args.map(String), { env: { ...env }, execArgv });
  const exited = once(child, "exit");
  const told = await Promise.race([once(child, "message"), exited.then(() => undefined)]);
  if (!told) throw new Error(`${args[0]} has failed`);
  await exited;
  return told[0] as T;
}

async function measured(work: () => Promise<object>): Promise<void> {
  process.send?.(await work());
  process.disconnect();
}

function add(total: Cost, { seconds, cpuSeconds }: Cost): void {
  total.seconds += seconds;
  total.cpuSeconds += cpuSeconds;
}

function rate(items: number, { seconds }: Cost): number {
  return Math.round(items / seconds);
}

const [role = "20000", ...rest] = process.argv.slice(2);
if (role === "--pairs") await measured(() => runPairs(Number(rest[0]), Number(rest[1])));
else if (role === "--whole") await measured(() => runWhole(Number(rest[0])));
else await compare(Number(role), Number(rest[0] ?? 10));
