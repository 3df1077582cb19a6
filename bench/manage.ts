/*
 * The speed of `items --json`, `reset --state failed --yes` and `delete --state done --yes` on many items, compared
 * with bare SDK calls that do the same with as many calls at once; and the commands' memory.
 *
 *   node bench/manage.ts [items] [turns]
 *
 * The embedded server runs in a separate process. Another process alternates between bare calls and the command on
 * equally many items, swapping their order, so that other load on the machine affects both alike; the share is the
 * median of the turns. Bare calls are made with a plain SDK client and with the lighter one that the commands use. CPU
 * time is per item, for the process that takes the turns. For memory, each command is started as a person would, on a
 * quarter of the items and on all of them.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { table } from "../cli/output/table.ts";
import { startDynamoDb } from "../local/dynamodb.ts";
import { COMMANDS, type Kind } from "./manage-items.ts";
import { peakMb, peakOfHelp } from "./manage-memory.ts";
import { type Figures, runPairs } from "./manage-pairs.ts";
import { median } from "./stack.ts";

const KINDS = Object.keys(COMMANDS) as Kind[];

/**
 * The share of the items in one turn. A shared machine gets faster and slower within seconds: shorter turns treat the
 * ways more alike, longer turns give a command's start-up less weight.
 */
const PART = { items: 1, reset: 1 / 5, delete: 1 / 5 } as const;

async function compare(items: number, turns: number): Promise<void> {
  const dynamo = await startDynamoDb();
  const credentials = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "bench", AWS_SECRET_ACCESS_KEY: "bench" };
  Object.assign(process.env, credentials, { AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint });
  try {
    const rates: (string | number)[][] = [];
    for (const kind of KINDS) rates.push(rateRow(await inProcess(kind, Math.ceil(items * PART[kind]), turns)));
    const calls = ["SDK's client", "our client"];
    const head = [
      "items a second",
      ...calls,
      "anamo",
      ...calls.map((client) => `share of ${client}`),
      "CPU µs of each",
    ];
    process.stdout.write(`${table(head, rates)}\n\n`);
    process.stdout.write(`${await memoryTable([Math.ceil(items / 4), items])}\n`);
  } finally {
    await dynamo.close();
  }
}

async function memoryTable(sizes: readonly number[]): Promise<string> {
  const columns = (["small", "usual"] as const).flatMap((heap) => sizes.map((size) => ({ heap, size })));
  const rows: (string | number)[][] = [["--help"], ...KINDS.map((kind) => [COMMANDS[kind].join(" ")])];
  for (const { heap, size } of columns) {
    rows[0]?.push(await peakOfHelp(heap));
    for (const [at, kind] of KINDS.entries()) rows[at + 1]?.push(await peakMb(kind, size, heap));
  }
  const heads = columns.map(({ heap, size }) => `${size.toLocaleString("en-US")} items, ${heap} heap`);
  return table(["peak memory, MB", ...heads], rows);
}

function rateRow({ kind, items, costs, shares }: Figures): (string | number)[] {
  const ways = [costs.sdk, costs.bare, costs.anamo];
  const cpuUs = ways.map(({ cpuSeconds }) => ((cpuSeconds * 1e6) / items).toFixed(kind === "items" ? 1 : 0));
  const rates = ways.map(({ seconds }) => Math.round(items / seconds));
  const medians = [shares.sdk, shares.bare].map((found) => median(found).toFixed(2));
  return [COMMANDS[kind].join(" "), ...rates, ...medians, cpuUs.join(", ")];
}

/** Runs the turns in a separate process, without stdout and with a stderr that is not a terminal. */
async function inProcess(kind: Kind, items: number, turns: number): Promise<Figures> {
  const args = [PAIRS, kind, items, turns].map(String);
  const child = fork(import.meta.filename, args, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  child.stderr?.pipe(process.stderr, { end: false });
  const exited = once(child, "exit");
  const answer = await Promise.race([once(child, "message"), exited.then(() => undefined)]);
  if (!answer) throw new Error(`${kind} has failed`);
  await exited;
  return answer[0] as Figures;
}

const PAIRS = "--pairs";
const [first = "20000", ...rest] = process.argv.slice(2);
if (first === PAIRS) {
  const [kind = "items", items, turns] = rest;
  process.send?.(await runPairs(kind as Kind, Number(items), Number(turns)));
  process.disconnect();
} else {
  await compare(Number(first), Number(rest[0] ?? 20));
}
