import { randomUUID } from "node:crypto";
import { setImmediate as nextPhase } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { makeProgram } from "../cli/program.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { deleteTable } from "../lib/tables/delete-table.ts";
import { doBare } from "./manage-bare.ts";
import { COMMANDS, fillTable, type Kind, STATES } from "./manage-items.ts";

/** The cost of some number of items. */
export interface Cost {
  seconds: number;
  cpuSeconds: number;
}

/** Bare calls with a plain SDK client, bare calls with the client of our commands, or the command itself. */
export type Way = "sdk" | "bare" | "anamo";

/** The cost of all turns for each way, and anamo's share of the bare rates per turn. */
export interface Figures {
  kind: Kind;
  items: number;
  costs: Record<Way, Cost>;
  shares: { sdk: number[]; bare: number[] };
}

/** Runs each way `turns` times on `items` items, alternating, after one warm-up turn that does not count. */
export async function runPairs(kind: Kind, items: number, turns: number): Promise<Figures> {
  const costs = { sdk: { ...NOTHING }, bare: { ...NOTHING }, anamo: { ...NOTHING } };
  const shares: Figures["shares"] = { sdk: [], bare: [] };
  const tables = tablesOf(kind, items);
  for (let turn = -1; turn < turns; turn++) {
    const found = { sdk: NOTHING, bare: NOTHING, anamo: NOTHING };
    for (const way of turn % 2 === 0 ? WAYS : WAYS.toReversed()) {
      found[way] = await timed(WORK[way], await tables.next(), kind, items);
      await tables.used();
    }
    if (turn < 0) continue;
    for (const way of WAYS) {
      costs[way].seconds += found[way].seconds;
      costs[way].cpuSeconds += found[way].cpuSeconds;
    }
    for (const way of ["sdk", "bare"] as const) shares[way].push(found[way].seconds / found.anamo.seconds);
  }
  await tables.close();
  return { kind, items: items * turns, costs, shares };
}

const WAYS: readonly Way[] = ["sdk", "anamo", "bare"];
const NOTHING: Cost = { seconds: 0, cpuSeconds: 0 };
const SOCKETS = { keepAlive: true, maxSockets: 256 };
const WORK = {
  sdk: (table: string, kind: Kind, items: number) =>
    workBare(table, kind, items, new DynamoDBClient({ requestHandler: { httpAgent: SOCKETS } })),
  bare: workBare,
  anamo: runCommand,
};

/**
 * Uses the commands' own client by default, because a slower one would flatter them; a new one each time, as a command
 * does.
 */
async function workBare(table: string, kind: Kind, items: number, client = dynamoClient(process.env)): Promise<void> {
  const count = await doBare(client, table, kind);
  client.destroy();
  if (count !== items) throw new Error(`${kind}: ${count} of ${items} items by bare calls`);
}

/** The whole command except for starting a process; its stdout is ignored. */
async function runCommand(table: string, kind: Kind): Promise<void> {
  const args = [...COMMANDS[kind], "--table", table];
  await (await makeProgram(args)).parseAsync(args, { from: "user" });
  if (process.exitCode) throw new Error(`${kind}: exit code ${process.exitCode}`);
}

async function timed(work: (typeof WORK)[Way], table: string, kind: Kind, items: number): Promise<Cost> {
  await nextPhase();
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  await work(table, kind, items);
  const { user, system } = process.cpuUsage(startedCpu);
  return { seconds: (performance.now() - startedMs) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

/**
 * Reuses one table for listing, which changes nothing; otherwise creates a new one per turn and deletes it afterwards.
 */
function tablesOf(kind: Kind, items: number) {
  const client = dynamoClient(process.env);
  let name: string | undefined;
  return {
    async next(): Promise<string> {
      if (name !== undefined) return name;
      name = `bench-${randomUUID()}`;
      await fillTable(client, name, items, STATES[kind]);
      return name;
    },
    async used(): Promise<void> {
      if (kind === "items" || name === undefined) return;
      await deleteTable(client, name);
      name = undefined;
    },
    async close(): Promise<void> {
      if (name !== undefined) await deleteTable(client, name);
      client.destroy();
    },
  };
}
