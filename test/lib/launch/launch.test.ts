import { DescribeJobsCommand, ListJobsCommand, SubmitJobCommand } from "@aws-sdk/client-batch";
import { describe, expect, test, vi } from "vitest";
import { batchClient } from "../../../lib/batch-client.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { workerJobName } from "../../../lib/jobs/worker-job-name.ts";
import { countWorkers, workerJobs } from "../../../lib/jobs/worker-jobs.ts";
import { launch } from "../../../lib/launch/launch.ts";
import { LAUNCH_LEASE_MS, LaunchLease } from "../../../lib/launch/launch-lease.ts";
import { drain } from "../../../lib/settings/drain.ts";
import { pauseStep } from "../../../lib/settings/pause-step.ts";
import { readSettings } from "../../../lib/store/settings.ts";
import { batchServer } from "../../support/batch-server.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, newItem } from "../../support/items.ts";
import { launchable, targetOn } from "../../support/launches.ts";
import { tableOverLine } from "../../support/lost-reply.ts";
import { withOwnSettings } from "../../support/tables.ts";

describe("a launch", () => {
  test("submits one array for the waiting items, which the next launch counts as running or starting", async () => {
    const { table, target } = await launchable(25);
    const send = vi.spyOn(target.submitter, "send");
    const first = await launch(table, target);
    expect(first).toMatchObject({
      table: table.name,
      launched: 3,
      limit: "work",
      paused: [],
      itemsPerWorker: 10,
      maxWorkers: 100,
      counted: { waiting: 25, locked: 0, running: 0, starting: 0 },
      why: "the 25 waiting items need no more, at 10 per worker",
    });
    const submitted = send.mock.calls.map(([command]) => command).filter((one) => one instanceof SubmitJobCommand);
    expect(submitted.map(({ input }) => input)).toEqual([
      {
        jobName: workerJobName(table.name),
        jobQueue: "queue",
        jobDefinition: "sleeper",
        arrayProperties: { size: 3 },
        containerOverrides: { environment: [{ name: "ANAMO_TABLE", value: table.name }] },
      },
    ]);
    const second = await launch(table, target);
    expect(second).toMatchObject({ launched: 0, limit: "enough" });
    expect(second.why).toMatch(/^the 3 running.* workers can do the 25 waiting items, at 10 per worker$/);
    expect((second.counted?.running ?? 0) + (second.counted?.starting ?? 0)).toBe(3);
  });

  test("of one worker is a plain job, because Batch refuses an array of one", async () => {
    const { table, target } = await launchable(2);
    const { jobId = "" } = await launch(table, target);
    const { jobs = [] } = await target.batch.send(new DescribeJobsCommand({ jobs: [jobId] }));
    expect(jobs).toHaveLength(1);
    expect(jobs[0]?.arrayProperties).toBeUndefined();
  });

  test("never exceeds the cap, and counts items only as far as it matters", async () => {
    const { table, target } = await launchable(30);
    expect(await launch(table, target, { itemsPerWorker: 1, maxWorkers: 4 })).toMatchObject({
      launched: 4,
      limit: "cap",
      counted: { waiting: 5, atLeast: true },
      why: "no more than 4 may run for this table at a time",
    });
    expect(await launch(table, target, { itemsPerWorker: 1, maxWorkers: 6, workers: 5 })).toMatchObject({
      launched: 2,
      limit: "cap",
      counted: { waiting: 3, atLeast: true },
    });
    const full = await launch(table, target, { itemsPerWorker: 1, maxWorkers: 6, workers: 5 });
    expect(full).toMatchObject({ launched: 0, limit: "cap" });
    expect(full.why).toMatch(/^there are 6 running.* workers, and no more than 6 may run$/);
  });

  test("starts nothing if nothing waits, or only items of paused steps do", async () => {
    const { table, target } = await launchable(0);
    expect(await launch(table, target)).toMatchObject({ launched: 0, limit: "work", why: "no items are waiting" });
    await addItems(table, [newItem("A", { step: "align" }), newItem("B", { step: "call" })]);
    await pauseStep(table, "align", { by: "ada" });
    expect(await launch(table, target, { dryRun: true })).toMatchObject({ counted: { waiting: 1 } });
    await pauseStep(table, "call", { by: "ada" });
    expect(await launch(table, target)).toMatchObject({
      launched: 0,
      paused: ["align", "call"],
      why: "no items are waiting, except in paused steps: align, call",
    });
  });

  test("counts retries that are due within a minute, but no later ones", async () => {
    const { table, target } = await launchable(0);
    await addItems(table, [newItem("soon"), newItem("late"), newItem("now")]);
    for (const [itemId, delayMs] of [
      ["soon", 30_000],
      ["late", 600_000],
    ] as const) {
      const claimed = await claimAs(table, itemId, `lock of ${itemId}`);
      if (!claimed.won) throw new Error(`${itemId} could not be claimed`);
      const policy = {
        maxAttempts: 3,
        maxInterruptions: 1,
        maxLosses: 1,
        backoffBaseMs: delayMs,
        backoffCapMs: delayMs,
      };
      await fail({ ...table, random: () => 1 }, claimed.item, { cause: "exit" }, policy);
    }
    expect((await launch(table, target, { dryRun: true })).counted).toMatchObject({ waiting: 2, locked: 0 });
  });

  test("as a dry run says what it would start, but starts and writes nothing", async () => {
    const { table, target } = await launchable(25);
    expect(await launch(table, target, { dryRun: true })).toMatchObject({ launched: 3, dryRun: true });
    expect(await workerJobs(target, table.name)).toEqual([]);
    expect((await readSettings(table)).launch).toEqual({});
  });

  test("does not count workers of other tables that share the queue", async () => {
    const { table, target } = await launchable(25);
    const other = await testTable();
    await addItems(other, [newItem("A"), newItem("B")]);
    await launch(table, target, { maxWorkers: 3 });
    expect(await launch(other, target, { itemsPerWorker: 1, maxWorkers: 2 })).toMatchObject({
      launched: 2,
      counted: { running: 0, starting: 0 },
    });
    const { running, waiting } = countWorkers(await workerJobs(target, table.name));
    expect(running + waiting).toBe(3);
  });
});

test("a job whose status changes while the queue is listed is counted", async () => {
  const table = await testTable();
  const job = { jobId: "array", jobName: workerJobName(table.name), arrayProperties: { size: 7 } };
  let status = "SUBMITTED";
  const listed = async (asked: string | undefined) => {
    // if both were listed at once, this answer would be the slower one: by then the job is PENDING
    if (asked === "SUBMITTED") await new Promise(setImmediate);
    const found = asked === status;
    if (asked === "SUBMITTED" || asked === "PENDING") status = "PENDING";
    return found ? [job] : [];
  };
  const batch = batchClient({ AWS_REGION: "us-east-1" });
  vi.spyOn(batch, "send").mockImplementation(async (command) =>
    command instanceof ListJobsCommand ? { jobSummaryList: await listed(command.input.jobStatus) } : { jobs: [job] },
  );
  expect(countWorkers(await workerJobs({ batch, jobQueue: "queue" }, table.name))).toEqual({ running: 0, waiting: 7 });
  batch.destroy();
});

describe("launches at the same time", () => {
  test("take turns, so that together they start no more than one would", async () => {
    const { table, target } = await launchable(25);
    const reports = await Promise.all(
      Array.from({ length: 4 }, () => launch(withOwnSettings(table), target, { itemsPerWorker: 5 })),
    );
    expect(reports.map(({ launched }) => launched).toSorted()).toEqual([0, 0, 0, 5]);
    expect((await readSettings(table)).launch.busyUntilMs).toBeUndefined();
  });

  test("do not wait forever: one that may not wait says that another is in progress", async () => {
    const { table, target } = await launchable(1);
    await new LaunchLease(table).take();
    expect(await launch(table, target, { waitMs: 0 })).toMatchObject({
      launched: 0,
      limit: "busy",
      why: "another launch for this table is in progress",
    });
  });

  test("after a hundred imports end after a few rounds of one of them, with the right number of workers", async () => {
    const table = await testTable();
    const sizes: number[] = [];
    const haveAsked = Promise.withResolvers<void>();
    const batch = batchClient({ AWS_REGION: "us-east-1" });
    vi.spyOn(batch, "send").mockImplementation(async (command) => {
      await haveAsked.promise;
      if (!(command instanceof SubmitJobCommand)) return { jobs: [], jobSummaryList: [] };
      sizes.push(command.input.arrayProperties?.size ?? 1);
      return { jobId: `job ${sizes.length}` };
    });
    let updates = 0;
    const line = await tableOverLine(table, (operation) => {
      if (operation === "UpdateItem") updates += 1;
      return "carry";
    });
    const addAndLaunch = async (n: number) => {
      await addItems(table, [newItem(`S${n}`)]);
      return launch(withOwnSettings(line), targetOn(batch), { orAsk: true });
    };
    const first = addAndLaunch(0);
    await vi.waitFor(async () => expect((await readSettings(table)).launch.busyUntilMs).toBeDefined(), 60_000);
    const others = await Promise.all(Array.from({ length: 99 }, (_, n) => addAndLaunch(n + 1)));
    haveAsked.resolve();
    const reports = [await first, ...others];
    // Batch lists none of them yet, but the launch that is continuing knows them anyway
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(10);
    expect(reports.reduce((sum, { launched }) => sum + launched, 0)).toBe(10);
    expect(reports.filter(({ asked }) => asked)).toHaveLength(99);
    expect(reports.find(({ asked }) => asked)).toMatchObject({
      launched: 0,
      limit: "busy",
      why: "another launch for this table is in progress, and counts again before it ends",
    });
    expect(updates).toBeLessThan(300);
    expect((await readSettings(table)).launch).toEqual({ last: expect.anything() });
    batch.destroy();
  });

  test("that came while one has died are not lost: the next one takes over", async () => {
    const { table, target } = await launchable(1);
    const late = { ...table, now: () => Date.now() - LAUNCH_LEASE_MS - 1_000 };
    await new LaunchLease(late).take();
    expect(await launch(late, target, { orAsk: true })).toMatchObject({ launched: 0, asked: true });
    expect(await launch(table, target, { orAsk: true })).toMatchObject({ launched: 1 });
    expect((await readSettings(table)).launch.isAsked).toBeUndefined();
  });

  test("take over from one that has not renewed its lease, which then submits nothing", async () => {
    const { table, target } = await launchable(1);
    const late = { ...table, now: () => Date.now() - LAUNCH_LEASE_MS - 1_000 };
    const dead = new LaunchLease(late);
    await dead.take();
    expect(await launch(table, target)).toMatchObject({ launched: 1 });
    expect(await dead.renew()).toBe("busy");
  });

  test("count what the previous one has submitted, even if Batch does not list it yet", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A"), newItem("B"), newItem("C")]);
    const batch = batchClient({
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "x",
      AWS_ENDPOINT_URL_BATCH: await batchServer((body) => ({ status: 200, json: forgetful(body) })),
    });
    const target = targetOn(batch);
    expect(await launch(table, target, { itemsPerWorker: 1 })).toMatchObject({ launched: 3 });
    expect(await launch(table, target, { itemsPerWorker: 1 })).toMatchObject({
      launched: 0,
      counted: { running: 0, starting: 3 },
    });
    batch.destroy();
  });

  test("also count what others submitted before that, until Batch lists it, or does not after two minutes", async () => {
    const clock = stoppedClock();
    const table = await testTable(clock);
    const batch = batchClient({ AWS_REGION: "us-east-1" });
    const jobs: { jobId: string; size: number; isListed: boolean }[] = [];
    vi.spyOn(batch, "send").mockImplementation(async (command) => {
      if (command instanceof SubmitJobCommand) {
        const jobId = `job ${jobs.length}`;
        jobs.push({ jobId, size: command.input.arrayProperties?.size ?? 1, isListed: false });
        return { jobId };
      }
      const asked = jobs.filter(({ isListed }) => isListed);
      const jobName = workerJobName(table.name);
      if (command instanceof DescribeJobsCommand)
        return { jobs: asked.map(({ jobId, size }) => ({ jobId, jobName, arrayProperties: { size } })) };
      const isRunnable = command instanceof ListJobsCommand && command.input.jobStatus === "RUNNABLE";
      return { jobSummaryList: isRunnable ? asked.map(({ jobId }) => ({ jobId, jobName })) : [] };
    });
    const addAndLaunch = async (items: string[], options = {}) => {
      await addItems(
        table,
        items.map((item) => newItem(item)),
      );
      return launch(table, targetOn(batch), { itemsPerWorker: 1, ...options });
    };
    await addAndLaunch(["A", "B"]);
    await addAndLaunch(["C"]);
    expect(await addAndLaunch(["D"])).toMatchObject({ launched: 1, counted: { waiting: 4, starting: 3 } });
    for (const job of jobs.slice(0, 2)) job.isListed = true;
    expect(await addAndLaunch(["E"])).toMatchObject({ launched: 1, counted: { waiting: 5, starting: 4 } });
    // what Batch lists need not be remembered
    expect((await readSettings(table)).launch.last).toMatchObject({ jobId: "job 3", earlier: [{ jobId: "job 2" }] });
    clock.advance(120_000);
    expect(await addAndLaunch([], { dryRun: true })).toMatchObject({ counted: { starting: 3 } });
    batch.destroy();
  });
});

describe("while the table is draining", () => {
  test("a launch starts nothing and says since when, and who stopped the table", async () => {
    const { table, target } = await launchable(1);
    const { draining } = await drain(table, "ada@lab");
    expect(await launch(table, target)).toMatchObject({
      launched: 0,
      limit: "draining",
      draining,
      why: `the table has been draining since ${draining.since}, stopped by ada@lab: workers claim nothing`,
    });
  });

  test("a launch with `lift` ends the draining", async () => {
    const { table, target } = await launchable(1);
    const { draining } = await drain(table, "ada@lab");
    expect(await launch(table, target, { lift: true })).toMatchObject({
      launched: 1,
      draining,
      lifted: true,
    });
    expect((await readSettings(table)).draining).toBeUndefined();
  });
});

test("repeats a request that Batch throttled, but not one whose answer was lost", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const answers = [429, 200];
  let submits = 0;
  const endpoint = await batchServer((body) => {
    if (!("jobName" in (body as object))) return { status: 200, json: { jobSummaryList: [], jobs: [] } };
    submits += 1;
    const status = answers.shift() ?? 500;
    return { status, json: status === 200 ? { jobId: "a job" } : { message: "no" } };
  });
  const env = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "x",
    AWS_ENDPOINT_URL_BATCH: endpoint,
  };
  const target = { ...targetOn(batchClient(env)), submitter: batchClient(env, { once: true }) };
  expect(await launch(table, target)).toMatchObject({ launched: 1, jobId: "a job" });
  expect(submits).toBe(2);
  await expect(launch(table, target, { workers: 1 })).rejects.toThrow("no");
  expect(submits).toBe(3);
  expect((await readSettings(table)).launch.busyUntilMs).toBeUndefined();
});

/** A Batch that accepts jobs but does not list them. */
function forgetful(body: unknown) {
  return "jobName" in (body as object) ? { jobId: "a job" } : { jobSummaryList: [], jobs: [] };
}
