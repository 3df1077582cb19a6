import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigError, UsageError, Workflow } from "../../workflow/index.ts";
import { setup } from "../local/batch-support.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";

/** A workflow with three waiting items, and a Batch whose jobs sleep. */
async function workflowWith(more: Readonly<Record<string, string>> = {}): Promise<Workflow> {
  const table = await testTable();
  await addItems(
    table,
    ["A", "B", "C"].map((itemId) => newItem(itemId, { step: "align" })),
  );
  const { batch } = await setup();
  const env = {
    ...testEnv(),
    AWS_ENDPOINT_URL_BATCH: batch.endpoint,
    ANAMO_JOB_QUEUE: "queue",
    ANAMO_JOB_DEFINITION: "sleeper",
    ...more,
  };
  const workflow = new Workflow({ table: table.name, env });
  onTestFinished(() => workflow.close());
  return workflow;
}

describe("workers", () => {
  test("are started and stopped, and started again only when the stop is lifted", async () => {
    const workflow = await workflowWith({ ANAMO_ITEMS_PER_WORKER: "2" });
    expect(await workflow.launch()).toMatchObject({ launched: 2, itemsPerWorker: 2 });
    const stopped = await workflow.stop({ graceMs: 0, lookMs: 50 });
    expect(stopped).toMatchObject({ workers: { found: 2, left: 0 }, draining: { by: expect.stringContaining("@") } });
    expect(await workflow.summary()).toMatchObject({ draining: stopped.draining });
    expect(await workflow.launch()).toMatchObject({ launched: 0, limit: "draining" });
    expect(await workflow.liftStop()).toBe(true);
    expect(await workflow.liftStop()).toBe(false);
    expect(await workflow.launch({ itemsPerWorker: 1, maxWorkers: 2 })).toMatchObject({ launched: 2, limit: "cap" });
  });

  test("are not started without a queue, or with a wrong number", async () => {
    const workflow = await workflowWith({ ANAMO_JOB_QUEUE: "", ANAMO_MAX_WORKERS: "many" });
    await expect(workflow.launch()).rejects.toThrow(ConfigError);
    await expect(workflow.launch({ jobQueue: "queue", workers: 1.5 })).rejects.toThrow(UsageError);
    await expect(workflow.launch({ jobQueue: "queue" })).rejects.toThrow("ANAMO_MAX_WORKERS: expected a whole number");
    expect(await workflow.launch({ jobQueue: "queue", maxWorkers: 1 })).toMatchObject({ launched: 1 });
    expect(await workflow.stop()).not.toHaveProperty("workers");
  });
});

test("steps are paused, listed and resumed", async () => {
  const workflow = await workflowWith();
  const { paused } = await workflow.pauseStep("align", { why: "not yet" });
  expect(paused).toMatchObject({ why: "not yet", by: expect.stringContaining("@") });
  expect(await workflow.steps()).toEqual([{ step: "align", paused }]);
  expect(await workflow.launch()).toMatchObject({ launched: 0, paused: ["align"] });
  expect(await workflow.resumeStep("align")).toEqual({ step: "align", changed: true });
  expect(await workflow.steps()).toEqual([{ step: "align" }]);
});
