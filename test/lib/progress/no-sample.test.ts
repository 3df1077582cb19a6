import { expect, test } from "vitest";
import { studyKey } from "../../../lib/import/studies.ts";
import { bySample } from "../../../lib/progress/by-sample.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import { makeReport } from "../../../lib/report/make-report.ts";
import { addAll, runOne, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";
import { importBench } from "../../support/imports.ts";
import { HERE } from "../../support/reports.ts";
import { studyOf } from "../../support/study.ts";

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

test("steps come in the order of the workflow file, and items of its first step in all or of a group are no samples", async () => {
  const bench = await importBench();
  const drop = async (file: string, steps: string) => {
    const study = await studyOf(steps);
    await bench.putAt(studyKey(study), JSON.stringify({ study }));
    const done = await bench.drop(file, "sample,pop\nS1,EUR\nS2,EUR\n", { workflow: studyKey(study) });
    expect(done.counts.rejected).toBe(0);
  };
  const steps = `prepare: { once: true, script: "true" }
map: { after: prepare, script: "map {sample}" }
by-pop: { after: map, group: pop, script: "pop {pop}" }
joint: { afterAll: by-pop, script: "true" }
`;
  await drop("first.csv", steps);
  expect(Object.keys((await summarize(bench.table)).steps)).toEqual(["prepare", "map", "by-pop", "joint"]);
  const found = await bySample(bench.table);
  expect([...found.samples].filter((one) => found.isSample(one)).map(({ taskID }) => taskID)).toEqual(["S1", "S2"]);
  const { samples, stepOrder } = await makeReport(bench.table, { version: "1", study: "s", place: HERE });
  expect({ stepOrder, total: samples.total }).toEqual({ stepOrder: ["prepare", "map", "by-pop", "joint"], total: 2 });
  // a step that is inserted, and a second workflow in the same table
  await drop("second.csv", steps.replace("by-pop:", 'count: { after: map, script: "count {sample}" }\nby-pop:'));
  await drop("other.csv", 'alone: { script: "alone {sample}" }\nafter-it: { after: alone, script: "x {sample}" }');
  const order = ["prepare", "map", "count", "by-pop", "joint", "alone", "after-it"];
  expect(Object.keys((await summarize(bench.table)).steps)).toEqual(order);
});
