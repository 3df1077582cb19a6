import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TerminateJobsCommand } from "@aws-sdk/client-batch";
import { describe, expect, test, vi } from "vitest";
import { batchClient } from "../../../lib/batch-client.ts";
import { WorkFinder } from "../../../lib/claims/find-work.ts";
import { workerJobName } from "../../../lib/jobs/worker-job-name.ts";
import { workerJobs } from "../../../lib/jobs/worker-jobs.ts";
import { launch } from "../../../lib/launch/launch.ts";
import { LaunchLease } from "../../../lib/launch/launch-lease.ts";
import { stop } from "../../../lib/launch/stop.ts";
import { readSettings } from "../../../lib/store/settings.ts";
import { SOON } from "../../local/soon.ts";
import { batchServer } from "../../support/batch-server.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, newItem } from "../../support/items.ts";
import { launchable, targetOn } from "../../support/launches.ts";
import { testFolder } from "../../support/worker.ts";

const BY = { by: "ada@lab", lookMs: 50 };

describe("a stop", () => {
  test("makes workers claim nothing more: at once with fresh settings, all after 30 s", async () => {
    const clock = stoppedClock();
    const table = await testTable({ now: clock.now });
    await addItems(table, [newItem("A")]);
    const finder = new WorkFinder(table);
    expect(await finder.find()).toHaveLength(1);
    const report = await stop(table, undefined, { ...BY, graceMs: 0 });
    expect(report).toEqual({
      table: table.name,
      at: "2030-01-01T00:00:00.000Z",
      locked: 0,
      problems: [],
      draining: { since: "2030-01-01T00:00:00.000Z", by: "ada@lab" },
    });
    expect(await new WorkFinder(table).find()).toEqual([]);
    clock.advance(30_000);
    expect(await finder.find()).toEqual([]);
  });

  test("cancels workers that have not started, and terminates those left after the grace period", async () => {
    const { table, target } = await launchable(6, 2);
    await launch(table, target, { itemsPerWorker: 1 });
    await expect.poll(async () => (await workerJobs(target, table.name))[0]?.running, SOON).toBe(2);
    const looks: { running: number }[] = [];
    const report = await stop(table, target, { ...BY, graceMs: 200, onLook: (look) => looks.push(look) });
    expect(report.workers).toEqual({ jobs: 1, found: 6, cancelled: 4, finished: 0, terminated: 2, left: 0 });
    expect(looks[0]).toMatchObject({ running: 2 });
    expect(report.problems).toEqual([]);
  });

  test("terminates no worker that ends within the grace period", async () => {
    const flag = join(await testFolder(), "end");
    const untilFlag = ["sh", "-c", `until [ -e ${flag} ]; do sleep 0.05; done`];
    const { table, target } = await launchable(2, 2, untilFlag);
    await launch(table, target, { itemsPerWorker: 1 });
    await expect.poll(async () => (await workerJobs(target, table.name))[0]?.running, SOON).toBe(2);
    const send = vi.spyOn(target.batch, "send");
    const onLook = () => writeFileSync(flag, "");
    const report = await stop(table, target, { ...BY, graceMs: 30_000, onLook });
    expect(report.workers).toEqual({ jobs: 1, found: 2, cancelled: 0, finished: 2, terminated: 0, left: 0 });
    expect(send.mock.calls.some(([command]) => command instanceof TerminateJobsCommand)).toBe(false);
  });

  test("waits for a launch in progress, and ends the workers that it has started", async () => {
    const { table, target } = await launchable(2);
    const lease = new LaunchLease(table);
    await lease.take();
    let isOver = false;
    const stopped = stop(table, target, { ...BY, graceMs: 0 }).finally(() => {
      isOver = true;
    });
    await expect.poll(async () => (await readSettings(table)).draining, SOON).toBeDefined();
    expect(await lease.renew()).toBe("draining");
    expect(isOver).toBe(false);
    await lease.release();
    expect((await stopped).workers).toMatchObject({ jobs: 0, found: 0 });
  });

  test("leaves the workers of other tables alone, and counts the items that are still locked", async () => {
    const { table, target } = await launchable(2);
    await claimAs(table, "S0", "a lock", { step: "align" });
    const other = await testTable();
    await addItems(other, [newItem("A")]);
    await launch(other, target);
    const report = await stop(table, target, { ...BY, graceMs: 0 });
    expect(report).toMatchObject({ locked: 1, workers: { jobs: 0, terminated: 0 } });
    expect(await workerJobs(target, other.name)).toHaveLength(1);
  });

  test("keeps the time and the person of the first stop when repeated", async () => {
    const table = await testTable();
    const first = await stop(table, undefined, { by: "ada", graceMs: 0 });
    const second = await stop(table, undefined, { by: "bob", graceMs: 0 });
    expect(second.draining).toEqual(first.draining);
  });
});

test("jobs are ended 50 per call, or one by one if the server does not know that call", async () => {
  for (const knowsMany of [true, false]) {
    const calls: { jobs?: string[]; jobId?: string }[] = [];
    const live = Array.from({ length: 120 }, (_, n) => `job-${n}`);
    const table = await testTable();
    const name = workerJobName(table.name);
    const endpoint = await batchServer((body) => {
      const { jobs, jobId, jobStatus, reason } = body as {
        jobs?: string[];
        jobId?: string;
        jobStatus?: string;
        reason?: string;
      };
      if (jobStatus) {
        const list = jobStatus === "RUNNING" ? live.map((id) => ({ jobId: id, jobName: name })) : [];
        return { status: 200, json: { jobSummaryList: list } };
      }
      if (reason === undefined) {
        const ended = new Set(calls.flatMap((call) => call.jobs ?? [call.jobId]));
        const all = (jobs ?? []).map((id) => ({
          jobId: id,
          jobName: name,
          status: ended.has(id) ? "FAILED" : "RUNNING",
        }));
        return { status: 200, json: { jobs: all } };
      }
      if (jobs && !knowsMany) return { status: 404, json: { message: "not found" } };
      calls.push({ ...(jobs && { jobs }), ...(jobId && { jobId }) });
      return { status: 200, json: { successful: jobs ?? [], errors: [] } };
    });
    const env = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x" };
    const batch = batchClient({ ...env, AWS_ENDPOINT_URL_BATCH: endpoint });
    const report = await stop(table, targetOn(batch), { ...BY, graceMs: 0 });
    expect(report.workers).toMatchObject({ jobs: 120, terminated: 120, left: 0 });
    expect(calls.map(({ jobs }) => jobs?.length)).toEqual(knowsMany ? [50, 50, 20] : Array(120).fill(undefined));
    batch.destroy();
  }
});
