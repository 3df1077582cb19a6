import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test, vi } from "vitest";
import { complete } from "../../../lib/claims/complete.ts";
import { heartbeat } from "../../../lib/claims/heartbeat.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import type { BatchJob } from "../../../lib/jobs/batch-job.ts";
import type { DescribeJobs } from "../../../lib/jobs/describe-jobs.ts";
import { sweep } from "../../../lib/jobs/sweep.ts";
import { ITEM_ROW } from "../../../lib/store/schema.ts";
import { CLOCK_BOUND_MS } from "../../../lib/store-clock.ts";
import type { Table } from "../../../lib/table.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../../support/items.ts";

const JOB = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8";
const LEASE_MS = 60_000;

describe("leases", () => {
  test("an item whose lease has run out is freed, one whose lease holds is not", async () => {
    const { table, clock } = await lockedItems([["dead", "host/1"]]);
    clock.advance(LEASE_MS / 2);
    await claimMore(table, [["alive", "host/2"]]);
    clock.advance(LEASE_MS / 2);
    expect(await sweep(table, {})).toMatchObject({ locked: 2, freed: 0 });
    // a worker's clock may be this far behind
    clock.advance(CLOCK_BOUND_MS);
    expect(await sweep(table, {})).toMatchObject({ locked: 2, freed: 0 });
    clock.advance(1);
    expect(await sweep(table, {})).toEqual({
      locked: 2,
      freed: 1,
      failed: 0,
      byReason: { jobEnded: 0, jobUnknown: 0, attemptOver: 0, leaseOver: 1 },
      batch: { jobs: 0, asked: 0 },
      unreadable: [],
    });
    const dead = await itemNow(table, "dead");
    expect(dead).toMatchObject({ state: "todo", losses: 1, failures: 0, outcome: { cause: "lost" } });
    expect(dead.outcome?.message).toBe(
      "The worker (host/1) has not been heard from since its lease ran out at 2030-01-01T00:01:00.000Z.",
    );
    expect((await itemNow(table, "alive")).state).toBe("locked");
  });

  test("an item that was lost once too often is failed", async () => {
    const { table, clock } = await lockedItems([["dead", "host/1"]]);
    clock.advance(LEASE_MS + CLOCK_BOUND_MS + 1);
    const report = await sweep(table, {}, { ...DEFAULT_POLICY, maxLosses: 0 });
    expect(report).toMatchObject({ locked: 1, freed: 0, failed: 1, byReason: { leaseOver: 1 } });
    expect((await itemNow(table, "dead")).state).toBe("failed");
  });

  test("an expired lease counts even if Batch says that the job is running: its worker is stuck", async () => {
    const { table, clock } = await lockedItems([["stuck", JOB]]);
    clock.advance(LEASE_MS + CLOCK_BOUND_MS + 1);
    const report = await sweep(table, { describeJobs: batchWith({ jobId: JOB, status: "RUNNING" }) });
    expect(report).toMatchObject({ freed: 1, byReason: { leaseOver: 1 }, batch: { jobs: 1, asked: 1 } });
  });

  test("a worker that renews its lease at the last moment keeps its item", async () => {
    for (const knowsAll of [false, true]) {
      const { table, clock } = await lockedItems([["slow", "host/1"]]);
      clock.advance(LEASE_MS + CLOCK_BOUND_MS + 1);
      const late = withBeatBeforeWrites(table, () =>
        heartbeat(table, { itemId: "slow", lockId: "lock-slow" }, { leaseMs: LEASE_MS }),
      );
      expect(await sweep(late, { knowsAll })).toMatchObject({ locked: 1, freed: 0, failed: 0 });
      expect((await itemNow(table, "slow")).lock?.lockId).toBe("lock-slow");
    }
  });

  test("two sweeps at once count each item once", async () => {
    const { table, clock } = await lockedItems([
      ["a", "host/1"],
      ["b", "host/1"],
      ["c", "host/2"],
    ]);
    clock.advance(LEASE_MS + CLOCK_BOUND_MS + 1);
    const [one, two] = await Promise.all([sweep(table, {}), sweep(table, {})]);
    expect(one.freed + two.freed).toBe(3);
    expect(one.byReason.leaseOver + two.byReason.leaseOver).toBe(3);
    expect((await itemNow(table, "a")).losses).toBe(1);
  });
});

describe("Batch", () => {
  test.each<[string, BatchJob[], string, string]>([
    ["has ended", [{ jobId: JOB, status: "FAILED", attempts: [{}], container: { exitCode: 1 } }], "jobEnded", "lost"],
    [
      "lost its host",
      [{ jobId: JOB, status: "FAILED", statusReason: "Host EC2 (instance i-1) terminated." }],
      "jobEnded",
      "interrupted",
    ],
    ["succeeded, but left an item behind", [{ jobId: JOB, status: "SUCCEEDED" }], "jobEnded", "lost"],
    [
      "is at its next attempt",
      [{ jobId: JOB, status: "RUNNING", attempts: [{ stoppedAt: 1 }] }],
      "attemptOver",
      "lost",
    ],
  ])("an item whose job %s is freed at once, whatever its lease", async (_, jobs, reason, cause) => {
    const { table } = await lockedItems([["R1", JOB]]);
    const report = await sweep(table, { describeJobs: batchWith(...jobs) });
    expect(report).toMatchObject({ locked: 1, freed: 1, byReason: { [reason]: 1 } });
    expect(await itemNow(table, "R1")).toMatchObject({ state: "todo", outcome: { cause } });
  });

  test("an item whose job Batch does not know is freed once its lease is over: an answer may be incomplete", async () => {
    const { table, clock } = await lockedItems([["R1", JOB]]);
    const describeJobs = batchWith();
    expect(await sweep(table, { describeJobs })).toMatchObject({ locked: 1, freed: 0, batch: { asked: 1 } });
    clock.advance(LEASE_MS + CLOCK_BOUND_MS);
    expect(await sweep(table, { describeJobs })).toMatchObject({ locked: 1, freed: 0 });
    clock.advance(1);
    expect(await sweep(table, { describeJobs })).toMatchObject({ freed: 1, byReason: { jobUnknown: 1 } });
    expect(await itemNow(table, "R1")).toMatchObject({ state: "todo", outcome: { cause: "lost" } });
  });

  test("a worker whose job Batch does not know keeps its item if it renews its lease at the last moment", async () => {
    const { table, clock } = await lockedItems([["slow", JOB]]);
    clock.advance(LEASE_MS + CLOCK_BOUND_MS + 1);
    const late = withBeatBeforeWrites(table, () =>
      heartbeat(table, { itemId: "slow", lockId: "lock-slow" }, { leaseMs: LEASE_MS }),
    );
    expect(await sweep(late, { describeJobs: batchWith() })).toMatchObject({ locked: 1, freed: 0, failed: 0 });
    expect((await itemNow(table, "slow")).lock?.lockId).toBe("lock-slow");
  });

  test("the stand-in for Batch knows all jobs that run: of others, items are freed at once", async () => {
    const { table } = await lockedItems([["R1", JOB]]);
    const report = await sweep(table, { describeJobs: batchWith(), knowsAll: true });
    expect(report).toMatchObject({ locked: 1, freed: 1, byReason: { jobUnknown: 1 } });
  });

  test.each<[string, BatchJob]>([
    ["runs", { jobId: JOB, status: "RUNNING" }],
    ["runs its second attempt, which has the item", { jobId: JOB, status: "RUNNING", attempts: [{ stoppedAt: 1 }] }],
  ])("an item whose job %s stays locked", async (_, job) => {
    const { table } = await lockedItems([["R1", JOB]], job.attempts ? 2 : 1);
    expect(await sweep(table, { describeJobs: batchWith(job) })).toMatchObject({ locked: 1, freed: 0 });
    expect((await itemNow(table, "R1")).state).toBe("locked");
  });

  test("is asked only about Batch jobs, once per job however many items it has, 100 at a time", async () => {
    const jobs = Array.from({ length: 230 }, (_, n) => `${JOB}:${n}`);
    const { table } = await lockedItems([
      ...jobs.map((job, n): [string, string] => [`R${n}`, job]),
      ["second of a job", jobs[0] ?? ""],
      ["on a laptop", "host/1"],
      ["on an instance", "i-0f1e2d3c4b5a69788"],
    ]);
    const describeJobs = vi.fn<DescribeJobs>(async (ids) => ids.map((jobId) => ({ jobId, status: "RUNNING" })));
    const report = await sweep(table, { describeJobs });
    expect(report).toMatchObject({ locked: 233, freed: 0, batch: { jobs: 230, asked: 230 } });
    const sizes = describeJobs.mock.calls.map(([ids]) => ids.length);
    expect(sizes.toSorted((a, b) => a - b)).toEqual([30, 100, 100]);
    expect(new Set(describeJobs.mock.calls.flatMap(([ids]) => ids)).size).toBe(230);
  });

  test.each<[string, DescribeJobs | undefined, RegExp]>([
    ["is not configured", undefined, /^no job queue is configured$/],
    [
      "may not be asked",
      async () => {
        throw Object.assign(new Error("not authorized to perform batch:DescribeJobs"), { name: "AccessDenied" });
      },
      /^AccessDenied: not authorized/,
    ],
  ])("that %s is named in the report, and only the leases count", async (_, describeJobs, problem) => {
    const { table, clock } = await lockedItems([["dead", JOB]]);
    clock.advance(LEASE_MS + CLOCK_BOUND_MS + 1);
    await claimMore(table, [["alive", JOB]]);
    const report = await sweep(table, { describeJobs });
    expect(report).toMatchObject({ locked: 2, freed: 1, byReason: { leaseOver: 1, jobUnknown: 0 } });
    expect(report.batch).toEqual({ jobs: 1, asked: 0, problem: expect.stringMatching(problem) });
    expect((await itemNow(table, "alive")).state).toBe("locked");
  });
});

test("an empty table can be swept", async () => {
  const table = await testTable();
  expect(await sweep(table, {})).toMatchObject({ locked: 0, freed: 0, failed: 0 });
});

test("a row that someone has broken by hand is named, and does not keep the others from being swept", async () => {
  const { table, clock } = await lockedItems([
    ["broken", "host/1"],
    ["dead", "host/1"],
  ]);
  clock.advance(LEASE_MS + CLOCK_BOUND_MS + 1);
  await table.db.send(
    new UpdateCommand({
      TableName: table.name,
      Key: { itemID: "broken", taskKey: ITEM_ROW },
      UpdateExpression: "SET Attempt = :text",
      ExpressionAttributeValues: { ":text": "two" },
    }),
  );
  expect(await sweep(table, {})).toMatchObject({ locked: 2, freed: 1, unreadable: ["broken"] });
});

test("when a worker completes its items while they are swept, each has one winner", async () => {
  const ids = Array.from({ length: 60 }, (_, n) => `R${n}`);
  const { table, clock } = await lockedItems(ids.map((id) => [id, "host/1"]));
  const items = await Promise.all(ids.map((id) => itemNow(table, id)));
  clock.advance(LEASE_MS + CLOCK_BOUND_MS + 1);
  const [report, ...ends] = await Promise.all([
    sweep(table, {}),
    ...items.map(async (item, n) => {
      for (let turn = 0; turn < n % 20; turn++) await itemNow(table, item.itemId);
      return complete(table, item, {});
    }),
  ]);
  const states = await Promise.all(ids.map(async (id) => (await itemNow(table, id)).state));
  expect(ends.map((end) => (end.won ? "done" : "todo"))).toEqual(states);
  expect(report?.freed).toBe(states.filter((state) => state === "todo").length);
});

type Held = readonly [itemId: string, instance: string];

async function lockedItems(held: readonly Held[], jobAttempt = 1) {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await claimMore(table, held, jobAttempt);
  return { table, clock };
}

async function claimMore(table: Table, held: readonly Held[], jobAttempt = 1) {
  await addItems(
    table,
    held.map(([id]) => newItem(id)),
  );
  const claims = held.map(([id, instance]) =>
    claimAs(table, id, `lock-${id}`, { instance, jobAttempt, leaseMs: LEASE_MS }),
  );
  expect((await Promise.all(claims)).every(({ won }) => won)).toBe(true);
}

/** A Batch that knows only these jobs. */
function batchWith(...jobs: BatchJob[]): DescribeJobs {
  return async (ids) => jobs.filter(({ jobId }) => ids.includes(jobId));
}

/** The table, but `beat` runs just before each write. */
function withBeatBeforeWrites(table: Table, beat: () => Promise<unknown>): Table {
  const db = Object.create(table.db) as Table["db"];
  db.send = (async (command: Parameters<Table["db"]["send"]>[0]) => {
    if (command instanceof UpdateItemCommand) await beat();
    return table.db.send(command);
  }) as Table["db"]["send"];
  return { ...table, db };
}
