import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { COMMANDS, fillTable, type Kind, STATES } from "./manage-items.ts";

const BIN = fileURLToPath(new URL("../bin/anamo.js", import.meta.url));
/** Makes a process write its peak memory to file descriptor 3. */
const PRINT_PEAK = `import { writeSync } from "node:fs";
process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));`;

/**
 * What a command keeps in memory must not grow with the number of items: with the small heap it would run out of
 * memory. With Node's own limits, V8 lets garbage pile up on a machine with a lot of memory, whatever the command
 * keeps.
 */
const HEAPS = { small: ["--max-semi-space-size=8", "--max-old-space-size=64"], usual: [] };
export type Heap = keyof typeof HEAPS;

/** Runs a command as a person would, on a table of `items` items; returns its peak memory in MB. */
export async function peakMb(kind: Kind, items: number, heap: Heap): Promise<number> {
  const client = dynamoClient(process.env);
  const table = `bench-${randomUUID()}`;
  await fillTable(client, table, items, STATES[kind]);
  client.destroy();
  return peakOf([...COMMANDS[kind], "--table", table], heap);
}

/** The same for a command that does nothing, which shows the memory of the process itself. */
export function peakOfHelp(heap: Heap): Promise<number> {
  return peakOf(["--help"], heap);
}

async function peakOf(args: readonly string[], heap: Heap): Promise<number> {
  const script = `data:text/javascript,${encodeURIComponent(PRINT_PEAK)}`;
  const child = spawn(process.execPath, [...HEAPS[heap], "--import", script, BIN, ...args], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const answer = await text(child.stdio[3] as NodeJS.ReadableStream);
  const exitCode = await exit;
  if (exitCode !== 0) throw new Error(`anamo ${args.join(" ")}: exit code ${exitCode}`);
  return Math.round(Number(answer) / 1024);
}
