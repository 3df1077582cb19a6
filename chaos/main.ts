import { parseArgs } from "node:util";
import { toError } from "../lib/errors.ts";
import { keepHeapSmall } from "../local/small-heap.ts";
import { newSeed } from "./random.ts";

/*
 * `npm run chaos -- --items 5000 --workers 16 --minutes 10 --seed 1`: see docs/reliability.md. Prints one line of JSON;
 * progress goes to stderr. Exit code 1 if anything was lost, completed twice or not explained.
 */

const { values } = parseArgs({
  options: {
    items: { type: "string", default: "1000" },
    tasks: { type: "string", default: "6" },
    workers: { type: "string", default: "8" },
    minutes: { type: "string", default: "2" },
    seed: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});

function number(name: "items" | "tasks" | "workers" | "minutes", above: number): number {
  const value = Number(values[name]);
  const isAllowed = name === "minutes" ? Number.isFinite(value) : Number.isInteger(value);
  if (isAllowed && value > above) return value;
  process.stderr.write(`--${name}: expected a number above ${above}, found ${values[name]}\n`);
  process.exit(2);
}

const seed = values.seed === undefined ? newSeed() : Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  process.stderr.write(`--seed: expected a whole number, found ${values.seed}\n`);
  process.exit(2);
}
const options = {
  seed,
  items: number("items", 0),
  tasks: number("tasks", 1),
  workers: number("workers", 0),
  durationMs: number("minutes", 0) * 60_000,
  keep: values.keep,
};
const tell = (line: string) => void process.stderr.write(`chaos: ${line}\n`);
tell(`seed ${seed}`);

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

try {
  // loaded this late because it is half of anamo's code
  const { runChaos } = await import("./run.ts");
  keepHeapSmall();
  const report = await runChaos({ ...options, tell, signal: stop.signal });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.problems.length > 0 ? 1 : 0;
} catch (error) {
  process.exitCode = stop.signal.aborted ? 130 : 1;
  if (!stop.signal.aborted) process.stderr.write(`${toError(error).stack}\n`);
}
// do not wait for a copy of an event that is still to be delivered
process.stdout.write("", () => process.exit());
