import { expect, onTestFinished, test } from "vitest";
import { ScalingError, Workflow } from "../../workflow/index.ts";
import { testEnv } from "../support/env.ts";
import { startScalingServer } from "../support/scaling-server.ts";
import { testTables } from "../support/tables.ts";

const WANTED = { min: 5, max: 70, targetPercent: 40, cooldownSeconds: 60 };

async function readyWorkflow(env: Readonly<Record<string, string | undefined>>): Promise<Workflow> {
  const workflow = new Workflow({ table: testTables().nameOne(), env });
  onTestFinished(() => workflow.close());
  await workflow.createTable();
  return workflow;
}

test("autoscaling is set up, shown and ended", async () => {
  const server = await startScalingServer();
  const workflow = await readyWorkflow({ ...testEnv(), ...server.env });
  expect(await workflow.capacity()).toMatchObject({ mode: "on-demand", autoscaling: [] });
  await expect(workflow.autoscale({ min: 5 })).rejects.toThrow("give max");
  expect(await workflow.autoscale(WANTED)).toMatchObject({ provisioned: true, now: { mode: "provisioned" } });
  expect((await workflow.capacity()).autoscaling).toMatchObject([{ kind: "read", min: 5, max: 70 }, {}, {}, {}]);
  await workflow.autoscale({ min: 6 });
  expect(await workflow.autoscaling()).toMatchObject([{ min: 6, max: 70, targetPercent: 40 }, {}, {}, {}]);
  expect(await workflow.endAutoscaling()).toHaveLength(4);
  expect((await workflow.capacity()).autoscaling).toEqual([]);
});

test("capacity() works even where nothing scales tables", async () => {
  const workflow = await readyWorkflow(testEnv());
  await expect(workflow.autoscale(WANTED)).rejects.toThrow(ScalingError);
  await expect(workflow.endAutoscaling()).rejects.toThrow(ScalingError);
  expect(await workflow.capacity()).toMatchObject({
    mode: "on-demand",
    autoscalingUnknown: expect.stringMatching(/^nothing scales table/),
  });
});
