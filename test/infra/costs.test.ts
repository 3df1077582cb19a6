import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { longestRepeatMs, longestUnseenMs } from "../../functions/latest-summary.ts";
import { madeOf } from "../support/made-of.ts";
import type { Template } from "../support/sls.ts";
import { templateOf } from "../support/templates.ts";

/* The dollars in docs/costs.md are what its prices and the template give: schedules, memory, alarms. */

const ROOT = join(import.meta.dirname, "../..");
const MONTH_S = 30 * 24 * 3_600;
const MILLION = 1_000_000;
/** Values that were measured or are documented, and are not in a template. */
const PER_CALL = { seconds: 0.15, logKb: 1 };
const SHARDS = 16;
/** The settings row is read consistently, 1 unit; a partition of the index costs half a unit. */
const [SETTINGS_ROW, PARTITION] = [1, 0.5];
/** Read by each call at rest: by the summary and the launch the settings, by the sweep also what is locked. */
const UNITS = { summarize: SETTINGS_ROW, launch: SETTINGS_ROW, sweep: 2 * SETTINGS_ROW + SHARDS * PARTITION };
/** For a step: done, failed, held, todo, and one partition for retries; waiting if its items have ever waited. */
const [OF_A_STEP, WAITING_OF_A_STEP] = [4 * SHARDS + 1, SHARDS];

/** Read units per month for looks at a table that is marked as at rest. */
function looks({ steps, waiting = 0 }: { steps: number; waiting?: number }): number {
  const partitions = SHARDS + steps * (OF_A_STEP + (waiting > 0 ? WAITING_OF_A_STEP : 0));
  return ((MONTH_S * 1_000) / longestUnseenMs({ steps, waiting })) * (partitions * PARTITION + waiting * 0.018);
}
const POLLERS = { count: 5, everySeconds: 20 };
const ITEM = { kb: 2, units: 0.022, lambdaSeconds: 10e-6 };

let page: string;
let made: Template;

beforeAll(async () => {
  page = await readFile(join(ROOT, "docs/costs.md"), "utf8");
  made = madeOf(await templateOf());
});

const ofType = (type: string) => Object.values(made.Resources).filter(({ Type }) => Type === type);
const memoryGb = (id: string) => Number(made.Resources[`${id}LambdaFunction`]?.Properties.MemorySize) / 1_024;

/** The dollars of a row of a table in the page, by how its first cell begins. */
function row(start: string, text = page): number[] {
  const line = text.split("\n").find((one) => one.replaceAll("*", "").startsWith(`| ${start}`));
  if (!line) throw new Error(`docs/costs.md has no row ${start}`);
  const cells = line.replaceAll("*", "").split("|").slice(2, -1);
  return cells.map(Number).filter((value) => !Number.isNaN(value));
}

const price = (name: string) => row(`${name} |`, page.slice(page.indexOf("\n## Prices\n")))[0] ?? Number.NaN;

/** Calls per month of each function that has a schedule. */
function callsByFunction(): Record<"summarize" | "sweep" | "launch", number> {
  const rates = ofType("AWS::Events::Rule").flatMap(({ Properties }) => {
    const { Name, ScheduleExpression } = Properties as { Name: string; ScheduleExpression?: unknown };
    if (ScheduleExpression === undefined) return [];
    const every = JSON.stringify(ScheduleExpression).replace("${LaunchEvery}", "15 minutes");
    const minutes = Number(/rate\((\d+) minutes?\)/.exec(every)?.[1]);
    return [[Name.replace(/^anamo-dev-(\w+).*$/, "$1"), MONTH_S / 60 / minutes] as const];
  });
  return Object.fromEntries(rates) as ReturnType<typeof callsByFunction>;
}

const cents = (dollars: number) => Math.round(dollars * 100) / 100;

function idleCalls(): number {
  const calls = callsByFunction();
  const all = calls.summarize + calls.sweep + calls.launch;
  const gbSeconds =
    PER_CALL.seconds *
    (calls.summarize * memoryGb("Summarize") + calls.sweep * memoryGb("Sweep") + calls.launch * memoryGb("Launch"));
  const units =
    calls.summarize * UNITS.summarize + calls.sweep * UNITS.sweep + calls.launch * UNITS.launch + looks({ steps: 1 });
  expect(all).toBe(20_160);
  expect(Math.round(gbSeconds / 100)).toBe(31);
  expect(cents(units / MILLION)).toBe(0.13);
  return (
    (all * price("Lambda call")) / MILLION +
    gbSeconds * price("Lambda time, arm64") +
    (units * price("read unit")) / MILLION +
    (calls.summarize * (price("S3 PUT") + price("S3 GET"))) / MILLION +
    (all * PER_CALL.logKb * price("log")) / MILLION
  );
}

test("an idle stage costs what the page says", async () => {
  const alarms = ofType("AWS::CloudWatch::Alarm").reduce((sum, { Properties }) => {
    const { Metrics = [{ MetricStat: {} }] } = Properties as { Metrics?: { MetricStat?: unknown }[] };
    return sum + Metrics.filter(({ MetricStat }) => MetricStat).length;
  }, 0);
  const sources = await Promise.all(
    ["summarize", "sweep", "launch"].map((name) => readFile(join(ROOT, `functions/${name}.ts`), "utf8")),
  );
  const metrics = sources.reduce((sum, text) => sum + new Set(text.match(/\bcount\("\w+/g)).size, 0);
  const polls = (POLLERS.count * MONTH_S) / POLLERS.everySeconds;
  const parts = [
    alarms * price("alarm metric"),
    metrics * price("metric"),
    idleCalls(),
    (polls * price("SQS request")) / MILLION,
    0.1 * price("image"),
  ];
  const told = [
    "alarms:",
    "metrics of the functions:",
    "summaries, sweeps, launches:",
    "Lambda looks for",
    "the image,",
  ];
  expect(told.map((start) => row(start)[0])).toEqual(parts.map(cents));
  expect(row("an idle stage |")[0]).toBe(cents(parts.map(cents).reduce((sum, one) => sum + one, 0)));
  // nothing is traced: 20,160 traces would be 0.10
  for (const { Properties } of ofType("AWS::Lambda::Function")) expect(Properties.TracingConfig).toBeUndefined();
});

/** What reading everything costs per month at rest: units and time on Lambda, in dollars. */
function wholeReads(items: number): [number, number] {
  const reads = (MONTH_S * 1_000) / longestRepeatMs(items);
  const units = (reads * items * ITEM.units * price("read unit")) / MILLION;
  return [units, reads * items * ITEM.lambdaSeconds * memoryGb("Summarize") * price("Lambda time, arm64")];
}

test("stored items cost what the page says", () => {
  const sizes = [MILLION, 10 * MILLION];
  const gb = sizes.map((items) => (items * ITEM.kb) / MILLION);
  expect(row("storage, table and index")).toEqual(gb.map((size) => cents(size * price("table storage"))));
  const recovery = page.split("\n").filter((line) => line.startsWith("| point-in-time recovery |"));
  const dollars = gb.map((size) => cents(size * price("point-in-time recovery")).toFixed(2));
  expect(recovery.some((line) => line.startsWith(`| point-in-time recovery | ${dollars.join(" | ")} |`))).toBe(true);
  expect(row("summaries that read everything").slice(0, 2)).toEqual(sizes.map((items) => cents(wholeReads(items)[0])));
  expect(row("their time on Lambda").slice(0, 2)).toEqual(sizes.map((items) => cents(wholeReads(items)[1])));
});

test("a table at rest costs less than $0.50 a month beside its storage, whatever is in it", () => {
  let most = 0;
  for (const steps of [1, 2, 5, 10, 11, 50, 1_000]) {
    for (const waiting of [0, 1, 1e5, 1e6, 1e8]) most = Math.max(most, looks({ steps, waiting }));
  }
  const dollars = (most * price("read unit")) / MILLION;
  expect(page).toContain(`at most $${Math.ceil(dollars * 100) / 100} a month`);
  for (const items of [0, 1e5, 1e6, 3e6, 1e7, 1e8, 1e9]) {
    const [units, time] = wholeReads(items);
    expect(units + time + dollars, `${items} items`).toBeLessThan(0.5);
  }
});

test("100,000 tasks cost what the page says", () => {
  const tasks = 1e5;
  const list = (tasks * 9 * price("write unit") + tasks * price("read unit")) / MILLION;
  const lines = (tasks * 0.44 * price("log")) / MILLION;
  const imports = tasks * 0.0005 * price("Lambda time, arm64");
  expect(row("plain items |")[1]).toBeCloseTo(list + lines + imports, 1);
  expect(row("workers, $")[1]).toBe(Math.round((tasks / 60) * price("Fargate Spot worker")));
});
