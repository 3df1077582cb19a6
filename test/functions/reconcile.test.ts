import { expect, test } from "vitest";
import { createReconcileHandler } from "../../functions/reconcile.ts";
import { BatchEventError } from "../../lib/jobs/batch-event.ts";
import { testEnv, testTable } from "../support/env.ts";
import { batchEvent } from "../support/events.ts";
import { addItems, claimAs, itemNow, newItem } from "../support/items.ts";

const JOB = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8";
const ARRAY = "2f6c7d2e-5b0a-4d7e-9f37-6a3c1e8b9d40";

test.each([
  ["job-failed", JOB, { state: "todo", losses: 1, outcome: { cause: "lost" } }],
  ["job-succeeded", JOB, { state: "todo", losses: 1, outcome: { cause: "lost" } }],
  ["array-child-failed", `${ARRAY}:2`, { state: "todo", losses: 1 }],
  ["spot-reclaim", `${ARRAY}:0`, { state: "todo", interruptions: 1, outcome: { cause: "interrupted" } }],
  ["fargate-spot", JOB, { state: "todo", interruptions: 1 }],
  ["timeout", JOB, { state: "todo", interruptions: 1 }],
  ["terminated", JOB, { state: "todo", interruptions: 1 }],
  ["oom", JOB, { state: "todo", failures: 1, outcome: { cause: "oom" } }],
  ["retried-attempt", JOB, { state: "todo", interruptions: 1 }],
])("the recorded event %s gives back the item of its job, and no other", async (name, instance, expected) => {
  const { table, handler } = await lockedItems([
    ["mine", instance],
    ["theirs", "00000000-0000-4000-8000-000000000000"],
  ]);
  const report = await handler(await batchEvent(name));
  expect(report).toMatchObject({ jobId: instance, freed: ["mine"], failed: [], left: 0 });
  expect(await itemNow(table, "mine")).toMatchObject(expected);
  expect((await itemNow(table, "theirs")).state).toBe("locked");
});

test.each([
  ["array-parent-failed", {}, "array parent"],
  ["retried-attempt", { attempts: [] }, "no attempt has ended"],
] as const)("%s with %j changes nothing", async (name, changes, skipped) => {
  const { table, handler } = await lockedItems([
    ["R1", ARRAY],
    ["R2", JOB],
    ["R3", `${ARRAY}:0`],
  ]);
  expect(await handler(await batchEvent(name, changes))).toMatchObject({ freed: [], skipped });
  for (const id of ["R1", "R2", "R3"]) expect((await itemNow(table, id)).state).toBe("locked");
});

test("a repeated event finds nothing to do", async () => {
  const { handler } = await lockedItems([["mine", JOB]]);
  await handler(await batchEvent("job-failed"));
  expect(await handler(await batchEvent("job-failed"))).toMatchObject({ freed: [], failed: [], left: 0 });
});

test("the caps come from the environment", async () => {
  const { table, handler } = await lockedItems([["mine", JOB]], { ANAMO_MAX_LOSSES: "0" });
  expect(await handler(await batchEvent("job-failed"))).toMatchObject({ freed: [], failed: ["mine"] });
  expect((await itemNow(table, "mine")).state).toBe("failed");
});

test("a missing variable is named, and only when it is needed", async () => {
  const handler = createReconcileHandler({});
  expect(await handler(await batchEvent("array-parent-failed"))).toMatchObject({ skipped: "array parent" });
  await expect(handler(await batchEvent("job-failed"))).rejects.toThrow("ANAMO_TABLE: expected");
});

test("an event of another kind is rejected", async () => {
  await expect(createReconcileHandler({})({ "detail-type": "Scheduled Event" })).rejects.toThrow(
    "not a Batch Job State",
  );
});

async function lockedItems(held: readonly (readonly [string, string])[], env: Record<string, string> = {}) {
  const table = await testTable();
  await addItems(
    table,
    held.map(([id]) => newItem(id)),
  );
  for (const [id, instance] of held) await claimAs(table, id, `lock-${id}`, { instance, jobAttempt: 1 });
  return { table, handler: createReconcileHandler({ ...testEnv(), ANAMO_TABLE: table.name, ...env }) };
}

test.each([
  [{}, "detail-type"],
  ["job", "expected object"],
  [undefined, "expected object"],
  [
    { "detail-type": "Batch Job State Change", detail: { jobName: "n", jobQueue: "q", status: "FAILED" } },
    "detail.jobId",
  ],
])("the event %j is an error that names the field", async (event, field) => {
  await expect(createReconcileHandler({})(event)).rejects.toThrow(BatchEventError);
  await expect(createReconcileHandler({})(event)).rejects.toThrow(field);
});
