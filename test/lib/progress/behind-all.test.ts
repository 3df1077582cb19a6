import { expect, test } from "vitest";
import { bySample } from "../../../lib/progress/by-sample.ts";
import { makeReport } from "../../../lib/report/make-report.ts";
import { addAll, runOne, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";
import { HERE } from "../../support/reports.ts";

test("what joins all samples is not counted as one", async () => {
  const table = await testTable();
  await addAll(table, [
    stepItem("align/S1"),
    stepItem("align/S2"),
    stepItem("joint/all", { taskId: "all", afterAll: ["align"] }),
    stepItem("plot/all", { taskId: "all", after: ["joint"] }),
  ]);
  await runOne(table, "align/S1");
  const { samples } = await makeReport(table, { version: "1", study: "s", place: HERE });
  expect(samples).toEqual({ total: 2, done: 1, failed: 0 });
  const found = await bySample(table);
  expect([...found.samples].map((one) => [one.taskID, found.isSample(one)])).toEqual([
    ["all", false],
    ["S1", true],
    ["S2", true],
  ]);
});
