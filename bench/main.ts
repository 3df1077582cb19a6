import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { table } from "../cli/output/table.ts";
import { barrier } from "./barrier.ts";
import { bundles } from "./bundles.ts";
import { chain } from "./chain.ts";
import { claims } from "./claims.ts";
import { drop } from "./drop.ts";
import { engines } from "./engines.ts";
import { rangeFigures } from "./expected-end.ts";
import { latency } from "./latency.ts";
import { launchFigures } from "./launch.ts";
import { lostTime } from "./lost-time.ts";
import { noOp } from "./no-op.ts";
import { resultFigures } from "./results.ts";
import { study } from "./study.ts";
import { units } from "./units.ts";
import { growth, startUp, wholeCommands } from "./whole-commands.ts";

/*
 * `npm run bench`: measures on the embedded stack, one section at a time, prints tables, and writes them into
 * docs/benchmarks.md between its two markers. PyAnamo's figures were measured on Amazon's local engine.
 */

const DOC = new URL("../docs/benchmarks.md", import.meta.url);
const [START, END] = ["<!-- measured -->", "<!-- /measured -->"];
const wanted = process.argv.slice(2);
const sections: string[] = [];

async function section(name: string, title: string, measure: () => Promise<string>): Promise<void> {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  process.stderr.write(`${title} …\n`);
  const text = `### ${title}\n\n\`\`\`\n${await measure()}\n\`\`\`\n`;
  process.stdout.write(`${text}\n`);
  sections.push(text);
}

const two = (figure: number | undefined) => (figure === undefined ? "not installed" : figure.toFixed(2));
const whole = (figure: number | undefined) => (figure === undefined ? "not installed" : Math.round(figure));

await section("commands", "Whole commands on 2,000 no-op tasks, CPU time of the process tree", async () => {
  const figures = await wholeCommands();
  return table(
    ["what", "CPU ms a task", "times GNU parallel", "wall ms a task"],
    figures.map(({ what, cpuMs, timesParallel, wallMs }) => [what, two(cpuMs), two(timesParallel), two(wallMs)]),
  );
});

await section("growth", "anamo run --workers 1 -i 4 on longer lists, CPU time of the process tree", async () => {
  const figures = await growth();
  return table(
    ["no-op tasks", "CPU ms a task", "times the size before"],
    figures.map(({ tasks, cpuMs, factor }) => [tasks, two(cpuMs), factor === undefined ? "-" : two(factor)]),
  );
});

await section("start", "Start-up, CPU time of the process tree", async () => {
  const figures = await startUp();
  return table(
    ["what", "CPU ms"],
    figures.map(({ what, cpuMs }) => [what, whole(cpuMs)]),
  );
});

await section("latency", "A table some milliseconds away, no-op tasks of one worker", async () => {
  const figures = await latency();
  return table(
    [
      "round trip, ms",
      "slots",
      "ms a task and slot",
      "of 3 round trips and no latency",
      "requests a task",
      "lost a task",
    ],
    figures.map(({ roundTripMs, slots, slotMs, ofThreeTrips, requestsPerTask, lostPerTask }) => [
      ...[roundTripMs, slots, whole(slotMs), two(ofThreeTrips), two(requestsPerTask), lostPerTask.toFixed(3)],
    ]),
  );
});

await section("no-op", "No-op tasks a second", async () => {
  const figures = await noOp();
  return table(
    ["what", "tasks/s"],
    [
      [`anamo, embedded stack, ${figures.anamoWorkers}`, whole(figures.anamo)],
      ["xargs -P2 bash -euo pipefail -c true", whole(figures.xargs)],
      ["GNU parallel -j2 --joblog", whole(figures.parallel)],
      ["PyAnamo (its sleeps alone)", 0.2],
    ],
  );
});

await section("lost-time", "Time lost per task, 1 s tasks on 4 slots", async () => {
  const { lostMsPerTask, tasks } = await lostTime();
  return table(
    ["what", "ms a task"],
    [
      [`anamo, ${tasks} tasks`, whole(lostMsPerTask)],
      ["PyAnamo (1 to 4 s after the lock, 1 to 4 s after the task)", 5_000],
    ],
  );
});

await section("units", "Write and read units, from import to done", async () => {
  const figures = await units();
  return table(
    ["what", "write", "read", "PyAnamo, write"],
    figures.map(({ what, write, read }) => [what, two(write), two(read), pyAnamoUnits(what)]),
  );
});

await section("barrier", "Items released behind a whole step", async () => {
  const figures = [await barrier(300), await barrier(3_000)];
  return table(
    ["items before, and behind", "import of both, s", "first claimable, s", "last, s", "write units an item", "read"],
    figures.map(({ count, importSeconds, firstSeconds, releaseSeconds, write, read }) => [
      ...[count, two(importSeconds), two(firstSeconds), two(releaseSeconds), two(write), two(read)],
    ]),
  );
});

await section("study", "A study: 4 steps for each sample, and one item behind all", async () => {
  const figures = [await study(300), await study(3_000)];
  return table(
    ["samples", "items", "import, s", "run, s", "last end to the start behind, s", "write units an item", "read"],
    figures.map(({ samples, items, importSeconds, runSeconds, startSeconds, write, read }) => [
      ...[samples, items, two(importSeconds), two(runSeconds), two(startSeconds), two(write), two(read)],
    ]),
  );
});

await section("chain", "Steps one after the other, one worker with two slots", async () => {
  const figures = [await chain(20), await chain(200), await chain(4, 40)];
  return table(
    ["steps", "samples", "run, s", "CPU of the worker, s", "lost claims", "requests an item", "write units", "read"],
    figures.map(({ steps, samples, runSeconds, cpuSeconds, lostClaims, requests, write, read }) => [
      ...[steps, samples, two(runSeconds), two(cpuSeconds), lostClaims, two(requests), two(write), two(read)],
    ]),
  );
});

await section("claims", "Claims lost to a race", async () => {
  const figures = await claims();
  return table(
    ["claimers", "task", "shards", "items", "lost an item", "read units an item"],
    [
      ...figures.map((row) => [
        ...[
          row.claimers,
          `${row.taskMs} ms`,
          row.shards,
          row.items,
          row.lostPerItem.toFixed(3),
          two(row.readUnitsPerItem),
        ],
      ]),
      ["PyAnamo, 3", "seq 1 to 25", "-", 10, "1.2", "1.05 + the list"],
    ],
  );
});

await section("engines", "Engines of the embedded stack, per call", async () => {
  const { dynalite = [], dynoxide } = await engines();
  return table(
    ["what", "dynalite, CPU ms", "dynoxide, CPU ms", "dynalite, calls/s", "dynoxide, calls/s"],
    dynalite.map(({ what, cpuMs, perSecond }, at) => {
      const other = dynoxide?.[at];
      return [what, two(cpuMs), two(other?.cpuMs), whole(perSecond), whole(other?.perSecond)];
    }),
  );
});

await section("launch", "Launches, and the watch on first failures", async () => {
  const figures = await launchFigures();
  return table(
    ["what", "write", "read", "calls to Batch", "refused writes", "Lambda seconds"],
    figures.map(({ what, write, read, batch, refused, seconds }) => [
      ...[what, two(write), two(read), batch ?? "-", refused ?? "-", seconds === undefined ? "-" : two(seconds)],
    ]),
  );
});

await section("expected-end", "Range of the expected end, 20 simulated runs of each shape", async () =>
  table(
    ["shape", "looks", "end in the range", "width / time left, median", "one of ten over"],
    rangeFigures().map(({ shape, looks, hits, width, wide }) => [
      ...[shape, looks, `${Math.round(hits * 100)} %`, two(width), two(wide)],
    ]),
  ),
);

await section("results", "Results in $OUT against a plain copy, or plain transfers by the SDK", async () => {
  const figures = await resultFigures();
  return table(
    ["what", "anamo, ms", "plain, ms", "times", "anamo, CPU ms", "plain, CPU ms"],
    figures.map(({ what, own, plain }) => [
      ...[what, two(own.wallMs), plain ? two(plain.wallMs) : "-", plain ? two(own.wallMs / plain.wallMs) : "-"],
      ...[two(own.cpuMs), plain ? two(plain.cpuMs) : "-"],
    ]),
  );
});

await section("summary", "A summary of 100,000 items in 10 steps", async () => runScript("./summary.ts"));

await section("drop", "100 files dropped together, 10 items each", async () => {
  const figures = [await drop(100, 5), await drop(100, 2), await drop(100, 1)];
  return table(
    [
      "function",
      "Lambda s",
      "waiting for a processor",
      "of CPU",
      "requests",
      "refused writes",
      "all of it, s",
      "workers",
    ],
    figures.flatMap(({ what, seconds, workers, ...functions }) =>
      (["import", "launch"] as const).map((name) => {
        const { ms, waitedMs, cpuMs, requests, refused } = functions[name];
        const own = [two(ms / 1_000), two(waitedMs / 1_000), two(cpuMs / 1_000), requests, refused];
        return [`${what}: ${name}`, ...own, ...(name === "import" ? [two(seconds), workers] : ["", ""])];
      }),
    ),
  );
});

await section("manage", "20,000 items listed, reset and deleted", async () => runScript("./manage.ts"));

await section("import", "Import of 100,000 rows", async () => runScript("./import-rate.ts"));

await section("bundles", "Functions as they are deployed", async () => {
  const { packageMs, figures } = await bundles();
  const rows = table(
    ["function", "MB", "MB zipped", "cold import, ms"],
    figures.map(({ name, bytes, zippedBytes, coldMs }) => [
      ...[name, two(bytes / 1e6), two(zippedBytes / 1e6), whole(coldMs)],
    ]),
  );
  return `${rows}\n\nsls package: ${(packageMs / 1000).toFixed(1)} s`;
});

if (wanted.length === 0) {
  const doc = await readFile(DOC, "utf8");
  const model = cpus()[0]?.model ?? "unknown";
  const where = `Measured on ${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${model}), Node.js ${process.version}.`;
  const text = `${START}\n${where}\n\n${sections.join("\n")}${END}`;
  await writeFile(DOC, doc.slice(0, doc.indexOf(START)) + text + doc.slice(doc.indexOf(END) + END.length));
}

/** Runs a benchmark in its own process and returns what it prints. */
function runScript(name: string): string {
  const script = fileURLToPath(new URL(name, import.meta.url));
  return execFileSync(process.execPath, [script], { encoding: "utf8" }).trim();
}

function pyAnamoUnits(what: string): string {
  if (what.startsWith("plain item, short")) return "21";
  return what.includes("(100 of one item)") ? "628" : "-";
}
