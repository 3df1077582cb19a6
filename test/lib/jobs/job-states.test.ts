import { expect, test } from "vitest";
import type { BatchJob } from "../../../lib/jobs/batch-job.ts";
import { jobStates } from "../../../lib/jobs/job-states.ts";
import { testTable } from "../../support/env.ts";
import { addItems, claimAs, newItem } from "../../support/items.ts";

const RUNNING = "11111111-0a82-49aa-ba5a-4727fcce14a8";
const ENDED = "22222222-0a82-49aa-ba5a-4727fcce14a8";
const FORGOTTEN = "33333333-0a82-49aa-ba5a-4727fcce14a8";

test("locked items are grouped by the state of their job; forgotten jobs and other machines have classes of their own", async () => {
  const { table } = await locked([
    ["a", RUNNING, 1],
    ["b", `${RUNNING}:7`, 2],
    ["c", ENDED, 1],
    ["d", FORGOTTEN, 1],
    ["e", "laptop/42", 0],
  ]);
  const asked: number[] = [];
  const states = await jobStates(table, async (ids) => {
    asked.push(ids.length);
    return JOBS.filter(({ jobId }) => ids.includes(jobId));
  });
  expect(asked).toEqual([4]);
  expect(Object.keys(states.states)).toEqual(["RUNNING", "SUCCEEDED", "unknown", "not a Batch job"]);
  expect(states).toMatchObject({ table: table.name, locked: 5, jobs: 4 });
  expect(states.problem).toBeUndefined();
  const item = (itemID: string, instance: string) => ({
    itemID,
    taskID: `sample of ${itemID}`,
    step: "default",
    instance,
  });
  expect(states.states.RUNNING?.toSorted((a, b) => a.itemID.localeCompare(b.itemID))).toEqual([
    { ...item("a", RUNNING), jobAttempt: 1, over: true },
    { ...item("b", `${RUNNING}:7`), jobAttempt: 2 },
  ]);
  expect(states.states.SUCCEEDED).toEqual([{ ...item("c", ENDED), jobAttempt: 1, over: true }]);
  expect(states.states.unknown).toEqual([{ ...item("d", FORGOTTEN), jobAttempt: 1, over: true }]);
  expect(states.states["not a Batch job"]).toEqual([item("e", "laptop/42")]);
});

test("asks Batch about 100 jobs per call", async () => {
  const id = (n: number) => `${RUNNING}:${n}`;
  const { table } = await locked(Array.from({ length: 130 }, (_, n) => [`i${n}`, id(n), 1] as const));
  const asked: number[] = [];
  const states = await jobStates(table, async (ids) => {
    asked.push(ids.length);
    return ids.map((jobId) => ({ jobId, status: "RUNNING" }));
  });
  expect(asked.toSorted()).toEqual([100, 30]);
  expect(states.states.RUNNING).toHaveLength(130);
});

test.for([
  ["refuses", true, "AccessDenied: not authorized"],
  ["is not configured", false, "no access to Batch is configured"],
] as const)(
  "when Batch %s, its jobs count as not asked, and the reason is reported",
  async ([, configured, problem]) => {
    const { table } = await locked([
      ["a", RUNNING, 1],
      ["e", "laptop/42", 0],
    ]);
    const refuse = async () => {
      throw Object.assign(new Error("not authorized"), { name: "AccessDenied" });
    };
    const states = await jobStates(table, configured ? refuse : undefined);
    expect(Object.keys(states.states)).toEqual(["not a Batch job", "not asked"]);
    expect(states.problem).toBe(problem);
  },
);

test("without Batch jobs among the workers, Batch is neither asked nor missed", async () => {
  const { table } = await locked([["e", "laptop/42", 0]]);
  const states = await jobStates(table, undefined);
  expect(states).toMatchObject({ locked: 1, jobs: 0 });
  expect(states.problem).toBeUndefined();
});

const JOBS: BatchJob[] = [
  { jobId: RUNNING, status: "RUNNING", attempts: [{ stoppedAt: 1 }, {}] },
  { jobId: `${RUNNING}:7`, status: "RUNNING", attempts: [{ stoppedAt: 1 }] },
  { jobId: ENDED, status: "SUCCEEDED", attempts: [{ stoppedAt: 1 }] },
];

async function locked(held: readonly (readonly [itemId: string, instance: string, jobAttempt: number])[]) {
  const table = await testTable();
  await addItems(
    table,
    held.map(([id]) => newItem(id)),
  );
  await Promise.all(
    held.map(([id, instance, jobAttempt]) => claimAs(table, id, `lock-${id}`, { instance, jobAttempt })),
  );
  return { table };
}
