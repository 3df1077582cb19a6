import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "aws-lambda";
import { expect, onTestFinished, test } from "vitest";
import { PendingEvents } from "../../local/functions/pending-events.ts";
import {
  type FunctionReport,
  type FunctionsOptions,
  type Handler,
  type Handlers,
  startFunctions,
} from "../../local/functions.ts";
import { SOON } from "./soon.ts";

const events = join(import.meta.dirname, "../../events");
const recorded = async (name: string) => JSON.parse(await readFile(join(events, `${name}.json`), "utf8"));

function setup(handlers: Partial<Handlers>, options: Partial<FunctionsOptions> = {}) {
  const reports: FunctionReport[] = [];
  const none: Handler = async () => {};
  const functions = startFunctions({
    handlers: { import: none, reconcile: none, sweep: none, summarize: none, ...handlers },
    onFunction: (report) => reports.push(report),
    retryDelaysMs: [0, 0],
    ...options,
  });
  onTestFinished(() => functions.close());
  return { functions, reports };
}

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-functions-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

test("the import function receives objects created under imports/ and continuations/, and nothing else", async () => {
  const { functions, reports } = setup({ import: async () => "imported" });
  const put = await recorded("s3-put");
  const notificationOf = (key: string, eventName = "ObjectCreated:Put") => ({
    Records: [{ ...put.Records[0], eventName, s3: { ...put.Records[0].s3, object: { key } } }],
  });
  for (const key of [
    "imports/a.txt",
    "continuations/1.json",
    "reports/imports/a.txt.json",
    "logs/imports/x",
    "imports",
  ]) {
    functions.onS3Event(notificationOf(key));
  }
  functions.onS3Event(notificationOf("imports/gone.txt", "ObjectRemoved:Delete"));
  await functions.settled();
  expect(reports.map(({ event }) => event)).toEqual([
    notificationOf("imports/a.txt"),
    notificationOf("continuations/1.json"),
  ]);
  expect(reports[0]).toMatchObject({ name: "import", outcome: "ok", attempt: 1, result: "imported" });
});

test.each(["batch-job-failed", "batch-job-succeeded", "batch-array-parent-failed", "batch-retried-attempt"])(
  "the reconcile function receives %s",
  async (name) => {
    const { functions, reports } = setup({});
    functions.onStateChange(await recorded(name));
    await functions.settled();
    expect(reports.map((report) => report.name)).toEqual(["reconcile"]);
  },
);

test("the reconcile function is not called for jobs that only start", async () => {
  const { functions, reports } = setup({});
  const event = await recorded("batch-retried-attempt");
  functions.onStateChange({ ...event, detail: { ...event.detail, attempts: [] } });
  functions.onStateChange({ ...event, detail: { ...event.detail, status: "RUNNING" } });
  await functions.settled();
  expect(reports).toEqual([]);
});

test("a function that throws is retried twice, then reported as failed", async () => {
  let calls = 0;
  const { functions, reports } = setup({
    import: async () => {
      calls += 1;
      throw new Error(`call ${calls}`);
    },
  });
  functions.onS3Event(await recorded("s3-put"));
  await functions.settled();
  expect(reports.map(({ outcome, attempt, error }) => [outcome, attempt, error?.message])).toEqual([
    ["retry", 1, "call 1"],
    ["retry", 2, "call 2"],
    ["failed", 3, "call 3"],
  ]);
});

test("a function that succeeds the second time is not retried again", async () => {
  let calls = 0;
  const { functions, reports } = setup({
    reconcile: async () => {
      calls += 1;
      if (calls === 1) throw new Error("not yet");
      return calls;
    },
  });
  functions.onStateChange(await recorded("batch-job-failed"));
  await functions.settled();
  expect(reports.map(({ outcome }) => outcome)).toEqual(["retry", "ok"]);
});

test("an import has two minutes, so that it often notes how far it is, and none once the stack is closing", async () => {
  const seen: number[] = [];
  const { promise: isClosing, resolve: close } = Promise.withResolvers<void>();
  const { functions } = setup({
    import: async (_: never, context: Context) => {
      seen.push(context.getRemainingTimeInMillis());
      await isClosing;
      seen.push(context.getRemainingTimeInMillis());
    },
  });
  functions.onS3Event(await recorded("s3-put"));
  await expect.poll(() => seen.length, SOON).toBe(1);
  const closed = functions.close();
  close();
  await closed;
  expect(seen[0]).toBeGreaterThan(60_000);
  expect(seen[0]).toBeLessThanOrEqual(120_000);
  expect(seen[1]).toBe(0);
});

test("a long import does not delay the reconcile function", async () => {
  const { promise: imported, resolve: finish } = Promise.withResolvers<void>();
  const { functions, reports } = setup({ import: () => imported });
  for (let count = 0; count < 5; count++) functions.onS3Event(await recorded("s3-put"));
  functions.onStateChange(await recorded("batch-job-failed"));
  await expect.poll(() => reports.map(({ name }) => name), SOON).toEqual(["reconcile"]);
  finish();
  await functions.settled();
  expect(reports).toHaveLength(6);
});

test("invoke resolves with the result, or rejects without a retry", async () => {
  const { functions } = setup({
    summarize: async (event: never) => (event as { source: string }).source,
    sweep: async () => {
      throw new Error("no table");
    },
  });
  expect(await functions.invoke("summarize")).toBe("aws.events");
  await expect(functions.invoke("sweep")).rejects.toThrow("no table");
});

test("scheduled functions run repeatedly until they are closed", async () => {
  let sweeps = 0;
  const { functions } = setup({ sweep: async () => sweeps++ }, { schedule: { sweepMs: 1 } });
  await expect.poll(() => sweeps, SOON).toBeGreaterThan(2);
  await functions.close();
  const atTheEnd = sweeps;
  await functions.invoke("summarize");
  expect(sweeps).toBe(atTheEnd);
});

test("an event that was not handled before a kill is handled by the next stack", async () => {
  const dir = await folder();
  const event = await recorded("s3-put-encoded-key");
  const { promise: never } = Promise.withResolvers<void>();
  // Never closed: this one simulates a process that was killed in the middle.
  startFunctions({
    handlers: { import: () => never, reconcile: async () => {}, sweep: async () => {}, summarize: async () => {} },
    pending: new PendingEvents(dir),
  }).onS3Event(event);
  const pending = new PendingEvents(dir);
  const { functions, reports } = setup({ import: async () => "imported" }, { pending });
  await functions.resume();
  await functions.settled();
  expect(reports).toMatchObject([{ name: "import", event, outcome: "ok" }]);
  await expect.poll(() => pending.list(), SOON).toEqual([]);
});

test("a continuation that arrives while closing is stored for the next stack", async () => {
  const pending = new PendingEvents(await folder());
  const event = await recorded("s3-put");
  const { functions, reports } = setup({}, { pending });
  await functions.close();
  functions.onS3Event(event);
  await functions.settled();
  expect(reports).toEqual([]);
  expect((await pending.list()).map((kept) => kept.event)).toEqual([event]);
});
