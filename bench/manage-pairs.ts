import { randomUUID } from "node:crypto";
import { setImmediate as nextPhase } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { makeProgram } from "../cli/program.ts";
import { dynamoClient } from "../lib/clients.ts";
import { deleteTable } from "../lib/tables/delete-table.ts";
import { doBare } from "./manage-bare.ts";
import { COMMANDS, fillTable, type Kind, STATES } from "./manage-items.ts";

/** What some items took. */
export interface Cost {
  seconds: number;
  cpuSeconds: number;
}

/** The ways: bare calls by the SDK's client as it comes, bare calls by the client of our commands, and the command. */
export type Way = "sdk" | "bare" | "anamo";

/** What all turns took, each way, and anamo's share of the bare rates in each turn. */
export interface Figures {
  kind: Kind;
  items: number;
  costs: Record<Way, Cost>;
  shares: { sdk: number[]; bare: number[] };
}

/** Takes turns at so many items, `turns` times each; one more before them is to warm up and does not count. */
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

/** By the very client of the commands, unless told: a slower one flatters them. Each takes its own, as a command does. */
async function workBare(table: string, kind: Kind, items: number, client = dynamoClient(process.env)): Promise<void> {
  const count = await doBare(client, table, kind);
  client.destroy();
  if (count !== items) throw new Error(`${kind}: ${count} of ${items} items by bare calls`);
}

/** The whole command, but for the start of a process. It prints to a stdout that goes nowhere. */
async function runCommand(table: string, kind: Kind): Promise<void> {
  await makeProgram().parseAsync([...COMMANDS[kind], "--table", table], { from: "user" });
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

/** A list is read over and over, as it changes nothing; what is changed is new each time, and goes when it was used. */
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
