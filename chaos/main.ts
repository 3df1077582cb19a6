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
    workers: { type: "string", default: "8" },
    minutes: { type: "string", default: "2" },
    seed: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});

function number(name: "items" | "workers" | "minutes", isAllowed: (value: number) => boolean): number {
  const value = Number(values[name]);
  if (isAllowed(value)) return value;
  process.stderr.write(`--${name}: expected a number above 0, found ${values[name]}\n`);
  process.exit(2);
}

const isCount = (value: number) => Number.isInteger(value) && value > 0;
const seed = values.seed === undefined ? newSeed() : Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  process.stderr.write(`--seed: expected a whole number, found ${values.seed}\n`);
  process.exit(2);
}
const options = {
  seed,
  items: number("items", isCount),
  workers: number("workers", isCount),
  durationMs: number("minutes", (value) => value > 0) * 60_000,
  keep: values.keep,
};
const tell = (line: string) => void process.stderr.write(`chaos: ${line}\n`);
tell(`seed ${seed}`);

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

try {
  // loaded only now: it is half of the code of anamo
  const { runChaos } = await import("./run.ts");
  keepHeapSmall();
  const report = await runChaos({ ...options, tell, signal: stop.signal });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.problems.length > 0 ? 1 : 0;
} catch (error) {
  process.exitCode = stop.signal.aborted ? 130 : 1;
  if (!stop.signal.aborted) process.stderr.write(`${toError(error).stack}\n`);
}
// a copy of an event that is still to be delivered must not keep the process
process.stdout.write("", () => process.exit());
