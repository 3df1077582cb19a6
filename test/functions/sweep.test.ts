import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { createSweepHandler } from "../../functions/sweep.ts";
import { ACCESS_DENIED, batchServer } from "../support/batch-server.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../support/items.ts";

const JOB = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8";

test("on schedule it frees items without a live lease, and says that Batch was not asked", async () => {
  const { table, handler } = await lockedItems();
  const schedule: unknown = JSON.parse(await readFile(new URL("../../events/schedule.json", import.meta.url), "utf8"));
  expect(await handler(schedule)).toMatchObject({
    locked: 2,
    freed: 1,
    byReason: { leaseOver: 1 },
    batch: { jobs: 1, asked: 0, problem: "no job queue is configured" },
  });
  expect((await itemNow(table, "dead")).state).toBe("todo");
  expect((await itemNow(table, "alive")).state).toBe("locked");
});

test.each([{ dryRun: true }, "all", ["job"], { "detail-type": "Batch Job State Change" }])(
  "the event %j is an error: the function takes no options",
  async (event) => {
    const { table, handler } = await lockedItems();
    await expect(handler(event)).rejects.toThrow("expected an event of the schedule, or {}");
    expect((await itemNow(table, "dead")).state).toBe("locked");
  },
);

test("with a queue configured it believes Batch, even before the lease has run out", async () => {
  const failed = { jobId: JOB, status: "FAILED", statusReason: "Host EC2 (instance i-0abc12345678) terminated." };
  const { table, handler } = await lockedItems({
    ANAMO_JOB_QUEUE: "queue",
    AWS_ENDPOINT_URL_BATCH: await batchServer(() => ({ status: 200, json: { jobs: [failed] } })),
  });
  expect(await handler(undefined)).toMatchObject({ freed: 2, byReason: { leaseOver: 1, jobEnded: 1 } });
  expect(await itemNow(table, "alive")).toMatchObject({ state: "todo", outcome: { cause: "interrupted" } });
});

test("if Batch refuses to answer, the report says so and the leases decide", async () => {
  const { handler } = await lockedItems({
    ANAMO_JOB_QUEUE: "queue",
    AWS_ENDPOINT_URL_BATCH: await batchServer(() => ACCESS_DENIED),
  });
  const problem = "AccessDeniedException: not authorized";
  expect(await handler(undefined)).toMatchObject({ freed: 1, batch: { jobs: 1, asked: 0, problem } });
});

async function lockedItems(env: Record<string, string> = {}) {
  const table = await testTable();
  await addItems(table, [newItem("dead"), newItem("alive")]);
  await claimAs(table, "dead", "lock-dead", { instance: "host/1", leaseMs: -60_000 });
  await claimAs(table, "alive", "lock-alive", { instance: JOB, jobAttempt: 1 });
  return { table, handler: createSweepHandler({ ...testEnv(), ANAMO_TABLE: table.name, ...env }) };
}
