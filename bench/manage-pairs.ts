import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { makeProgram } from "../cli/program.ts";
import { dynamoClient } from "../lib/clients.ts";
import { doBare } from "./manage-bare.ts";
import { COMMANDS, fillTable, type Kind, STATES } from "./manage-items.ts";

/** What some items took. */
export interface Cost {
  seconds: number;
  cpuSeconds: number;
}

/** The two ways: bare calls, and the command. */
export type Way = "bare" | "anamo";

/** What all blocks took, each way, and anamo's share of the bare rate in each block. */
export interface Figures {
  kind: Kind;
  items: number;
  costs: Record<Way, Cost>;
  shares: number[];
}

/** Takes turns, `blocks` times each; two more before them are to warm up and do not count. */
export async function runPairs(kind: Kind, items: number, blocks: number): Promise<Figures> {
  // a list is read over and over, as it changes nothing; what is changed is new in each block
  const each = kind === "items" ? items : Math.ceil(items / blocks);
  const costs = { bare: { seconds: 0, cpuSeconds: 0 }, anamo: { seconds: 0, cpuSeconds: 0 } };
  const shares: number[] = [];
  const tables = tablesOf(kind, each);
  for (let block = -2; block < blocks; block++) {
    const found = { bare: NOTHING, anamo: NOTHING };
    for (const way of block % 2 === 0 ? WAYS : WAYS.toReversed()) {
      found[way] = await timed(WORK[way], await tables.next(), kind, each);
    }
    if (block < 0) continue;
    for (const way of WAYS) {
      costs[way].seconds += found[way].seconds;
      costs[way].cpuSeconds += found[way].cpuSeconds;
    }
    shares.push(found.bare.seconds / found.anamo.seconds);
  }
  return { kind, items: each * blocks, costs, shares };
}

const WAYS: readonly Way[] = ["bare", "anamo"];
const NOTHING: Cost = { seconds: 0, cpuSeconds: 0 };
const WORK = { bare: workBare, anamo: runCommand };

/** The very client of the commands: a slower one would flatter them. Each takes its own, as a command does. */
async function workBare(table: string, kind: Kind, items: number): Promise<void> {
  const client = dynamoClient(process.env);
  const count = await doBare(client, table, kind);
  client.destroy();
  if (count !== items) throw new Error(`${kind}: ${count} of ${items} items by bare calls`);
}

/** The whole command, but for the start of a process. It prints to a stdout that goes nowhere. */
async function runCommand(table: string, kind: Kind): Promise<void> {
  await makeProgram().parseAsync([...COMMANDS[kind], "--table", table], { from: "user" });
  if (process.exitCode) throw new Error(`${kind}: exit code ${process.exitCode}`);
}

async function timed(work: typeof workBare, table: string, kind: Kind, items: number): Promise<Cost> {
  await turn();
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  await work(table, kind, items);
  const { user, system } = process.cpuUsage(startedCpu);
  return { seconds: (performance.now() - startedMs) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

function tablesOf(kind: Kind, items: number) {
  let last: Promise<string> | undefined;
  const fresh = async () => {
    const client = dynamoClient(process.env);
    const name = `bench-${randomUUID()}`;
    await fillTable(client, name, items, STATES[kind]);
    client.destroy();
    return name;
  };
  return {
    next(): Promise<string> {
      if (kind !== "items") return fresh();
      last ??= fresh();
      return last;
    },
  };
}
