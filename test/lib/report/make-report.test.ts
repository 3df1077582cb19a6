import { expect, test } from "vitest";
import { toReset } from "../../../lib/changes/reset.ts";
import { makeReport } from "../../../lib/report/make-report.ts";
import { pauseStep } from "../../../lib/settings/pause-step.ts";
import { changed, failed, finished, LOGGED, locked } from "../../support/changes.ts";
import { testTable } from "../../support/env.ts";
import { addItems, newItem } from "../../support/items.ts";
import { HERE } from "../../support/reports.ts";

const OPTIONS = { version: "1", study: "s", place: HERE };
const log = (stderr: string) => ({ log: { stdout: "", stderr, tagged: [] } });

test("a report of an empty table has no items, no steps and no series", async () => {
  const report = await makeReport(await testTable(), { ...OPTIONS, items: 1 });
  expect(report).toMatchObject({ state: "empty", samples: { total: 0 }, stepOrder: [], matrix: { samples: [] } });
  expect(report.series).toBeUndefined();
});

test("every item is in one class, samples are sorted, and failures are grouped by their last line without numbers", async () => {
  const table = await testTable();
  const of = (sample: string, step: string) => newItem(`${sample}-${step}`, { taskId: sample, step });
  await addItems(table, [
    ...["S1", "S2", "S10", "S3"].flatMap((sample) => [of(sample, "align"), of(sample, "call")]),
    of("S4", "align"),
  ]);
  await finished(table, "S1-align");
  await finished(table, "S2-align");
  await locked(table, "S3-align");
  const oom = { ...LOGGED, cause: "oom", exitCode: 137 } as const;
  await failed(table, "S4-align", { ...oom, ...log("region 17\nKilled at 14:32, 3.5 GB\n") });
  await failed(table, "S10-align", { ...oom, ...log("region 18\nKilled at 15:07, 3.9 GB\n") });
  await failed(table, "S1-call", { ...LOGGED, cause: "exit", exitCode: 1, ...log("no reads") });
  await pauseStep(table, "call", { by: "ann", why: "new cache" });
  const report = await makeReport(table, OPTIONS);
  expect(report).toMatchObject({
    state: "running",
    items: { done: 2, running: 1, waiting: 0, paused: 3, blocked: 0, failed: 3 },
    samples: { total: 5, done: 0, failed: 3 },
    stepOrder: ["align", "call"],
    matrix: { samples: ["S1", "S2", "S3", "S4", "S10"], cells: { align: "ddrff", call: "fpp.p" }, leftOut: 0 },
    workers: { atWork: 1, silent: 0 },
    running: [{ itemID: "S3-align", worker: "job-1", isSilent: false }],
    steps: { align: { runSeconds: { p50: 1, max: 1, n: 2 } } },
    failures: {
      others: 0,
      groups: [
        { step: "align", cause: "oom", exitCode: 137, line: "Killed at #, # GB", items: 2 },
        { step: "call", cause: "exit", line: "no reads", items: 1 },
      ],
    },
  });
  expect(report.failures.groups[0]?.examples[0]?.logTail).toContain("Killed at");
  expect(report.series?.done.reduce((sum, count) => sum + count, 0)).toBe(2);

  const [group] = report.failures.groups;
  expect(await changed(table, { group: group?.id ?? "" }, toReset({}))).toEqual({
    "S10-align": "changed",
    "S4-align": "changed",
  });
  expect((await makeReport(table, OPTIONS)).failures.groups).toMatchObject([{ step: "call", items: 1 }]);
});

test("a worker that has been silent for longer than its lease is told apart", async () => {
  const table = await testTable();
  await addItems(table, [newItem("a", { leaseMs: 1 })]);
  await locked(table, "a");
  await expect
    .poll(async () => (await makeReport(table, OPTIONS)).workers, { timeout: 10_000 })
    .toEqual({ atWork: 1, silent: 1 });
});

test("more samples than a page can show leave out those that are done, and say how many", async () => {
  const { Grid } = await import("../../../lib/report/grid.ts");
  const grid = new Grid();
  const entry = { step: "align", nestedTasks: 0, tasksDone: 0 };
  for (let at = 0; at < 3_000; at++) {
    const taskId = `${"x".repeat(250)}${at}`;
    const state = at === 2_999 ? "failed" : "done";
    grid.add({ ...entry, itemId: taskId, taskId, state }, state);
  }
  const { samples, cells, leftOut } = grid.matrix(["align"]);
  expect(samples.length + leftOut).toBe(3_000);
  expect(leftOut).toBeGreaterThan(100);
  expect(cells.align).toHaveLength(samples.length);
  expect(cells.align?.endsWith("f")).toBe(true);
});
