import type { BatchClient } from "@aws-sdk/client-batch";
import { expect, test } from "vitest";
import { summaryText } from "../../../cli/output/summary-text.ts";
import { changeItems } from "../../../lib/changes/change-items.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toHold } from "../../../lib/changes/hold.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { explain, type ToExplain } from "../../../lib/explain/explain.ts";
import type { Because } from "../../../lib/explain/explanation.ts";
import type { AskBatch } from "../../../lib/explain/workers.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { describeJobsWith } from "../../../lib/jobs/describe-jobs.ts";
import { workerJobName } from "../../../lib/jobs/worker-job-name.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import { drain } from "../../../lib/settings/drain.ts";
import { pauseStep } from "../../../lib/settings/pause-step.ts";
import { beginRunning } from "../../../lib/store/gates.ts";
import type { Table } from "../../../lib/table.ts";
import { addAll, newStudy, runOne, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";
import { claimAs } from "../../support/items.ts";

const quiet = { tell: () => {} };

/** Reasons, sentences without dates, and the commands that help. */
async function reasonsOf(table: Table, what: ToExplain, batch?: AskBatch): Promise<string[]> {
  const found = await explain(table, what, batch);
  const because: Because[] = [...(found?.items.flatMap((one) => one.because) ?? []), ...(found?.step?.because ?? [])];
  return because.map(({ reason, text, help }) =>
    [`${reason}: ${plain(text)}`, ...help.map(({ words }) => words.join(" "))].join(" | "),
  );
}

function plain(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z(, [\d.]+ (ms|s|min( \d+ s)?) ago)?/g, "DATE")
    .replaceAll(/\b[\d.]+ (ms|s|min( \d+ s)?)\b/g, "TIME");
}

test("an item behind others is followed to the failed one that all wait for in the end", async () => {
  const table = await newStudy();
  await runOne(table, "align/S1", "failed");
  expect(await reasonsOf(table, { itemID: "joint/all" })).toEqual([
    "waiting: joint/all waits for all items of step call: 2 of 2 are not done (2 waiting).",
    "failed: align/S1 failed once and was given up at DATE; the last time: exit code 1. | anamo logs --stderr align/S1 | anamo reset align/S1",
    "no workers: align/S2 can be claimed, but no worker has an item. | anamo work",
  ]);
  await runOne(table, "align/S2");
  await runOne(table, "call/S2");
  expect((await reasonsOf(table, { itemID: "joint/all" }))[0]).toBe(
    "blocked: joint/all waits for all items of step call: 1 of 2 is not done (1 waiting).",
  );
  expect(await reasonsOf(table, { itemID: "call/S1" })).toMatchObject([
    "blocked: call/S1 waits for its sample's items in step align: 1 of 1 is not done (1 failed).",
    expect.stringContaining("failed: align/S1 failed once"),
  ]);
});

test("what has not been added, or is being imported, is named", async () => {
  const table = await testTable();
  await addAll(table, [
    stepItem("call/S1", { after: ["align"] }),
    stepItem("b/1", { afterItems: ["a/1"] }),
    stepItem("joint/all", { afterAll: ["qc"] }),
  ]);
  expect(await reasonsOf(table, { itemID: "call/S1" })).toEqual([
    "waiting: call/S1 waits for its sample's items in step align: nothing is there yet.",
    "not added: Step align has no item of sample S1 yet: import the task file that has them, or check the names in call/S1. | anamo step list",
  ]);
  expect((await reasonsOf(table, { itemID: "b/1" }))[1]).toContain("Item a/1 has not been added yet");
  expect((await reasonsOf(table, { step: "align" }))[0]).toContain(
    "not added: Step align has no items yet; step call waits for it: import its task file. The steps that have items:",
  );
  await beginRunning(table, "qc", "an import");
  expect(await reasonsOf(table, { itemID: "joint/all" })).toContainEqual(
    "importing: An import is adding items to step qc; it last said so at DATE, and counts as dead at DATE. | anamo summary",
  );
});

test("an item that can be claimed says what keeps workers from it: a drain, a pause, its back-off", async () => {
  // so that the back-off is not over before it is looked at
  const table = await testTable({ random: () => 1 });
  await addAll(table, [stepItem("align/S1"), stepItem("align/S2")]);
  const claimed = await claimAs(table, "align/S2", "L", { step: "align" });
  if (!claimed.won) throw new Error("not claimed");
  await fail(table, claimed.item, { cause: "exit", exitCode: 3 }, { ...DEFAULT_POLICY, backoffBaseMs: 600_000 });
  const [later, before] = await reasonsOf(table, { itemID: "align/S2" });
  expect(later).toBe(
    "backing off: align/S2 failed once and is tried again in TIME, from DATE on. | anamo logs --stderr align/S2 | anamo reset align/S2",
  );
  expect(before).toBe("failed before: align/S2 has been tried before; the last time: exit code 3.");
  await pauseStep(table, "align", { by: "ann", why: "wrong reference" });
  await drain(table, "bob");
  expect(await reasonsOf(table, { itemID: "align/S1" })).toEqual([
    "draining: The table has been draining since DATE, stopped by bob: workers claim nothing. | anamo stop --lift | anamo launch",
    "paused: Step align has been paused since DATE: wrong reference (by ann). | anamo step resume align",
  ]);
});

test("running, held, done and failed items say since when, by whom and how", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("a/1"), stepItem("a/2"), stepItem("a/3"), stepItem("a/-4")]);
  await claimAs(table, "a/1", "L", { step: "a" });
  expect(await reasonsOf(table, { itemID: "a/1" })).toEqual([
    "running: host/1 has had a/1 since DATE (attempt 1); its lease holds for another TIME, until DATE, and is renewed while it runs. | anamo show a/1 | anamo reset --force a/1",
  ]);
  await changeItems(table, { ids: ["a/2"] }, toHold(), quiet);
  expect(await reasonsOf(table, { itemID: "a/2" })).toEqual([
    "held: a/2 has been held by a person since DATE: no worker claims it. | anamo release a/2",
  ]);
  await runOne(table, "a/3");
  expect(await reasonsOf(table, { itemID: "a/3" })).toEqual(["done: a/3 has been done since DATE, by attempt 1."]);
  const late = { ...table, now: () => table.now() + 3_600_000 };
  expect((await reasonsOf(late, { itemID: "a/1" }))[0]).toContain(
    "its lease ran out at DATE, and the next sweep gives",
  );
});

test("a sample that is withdrawn opens what waited for it, also if it was the only one that was not done", async () => {
  const table = await newStudy();
  for (const id of ["align/S1", "call/S1"]) await runOne(table, id);
  await changeItems(table, { taskIds: ["S2"] }, toDelete(), quiet);
  expect(await reasonsOf(table, { itemID: "joint/all" })).toEqual([
    "no workers: joint/all can be claimed, but no worker has an item. | anamo work",
  ]);
});

test("all items of a sample are explained in the order of the steps", async () => {
  const table = await newStudy();
  const found = await explain(table, { taskID: "S1" });
  expect(found?.items.map(({ itemID, state }) => `${itemID} ${state}`)).toEqual(["align/S1 todo", "call/S1 waiting"]);
  expect(await explain(table, { taskID: "S" })).toBeUndefined();
  expect(await explain(table, { itemID: "none" })).toBeUndefined();
});

test("a step is explained by counts, and by what its waiting items wait for in the end", async () => {
  const table = await newStudy();
  await runOne(table, "align/S1", "failed");
  expect((await explain(table, { step: "call" }))?.step?.items).toEqual({ waiting: 2 });
  expect(await reasonsOf(table, { step: "call" })).toEqual([
    "blocked: 2 items wait for align; 1 of these is blocked.",
    expect.stringContaining("failed: align/S1 failed once and was given up"),
    expect.stringContaining("no workers: align/S2 can be claimed"),
  ]);
  expect(await reasonsOf(table, { step: "align" })).toEqual([
    expect.stringContaining("failed: align/S1"),
    "no workers: 1 item can be claimed, but no worker has an item. | anamo work",
  ]);
});

test("a summary says which items behind a whole step used results that have been made again", async () => {
  const table = await newStudy();
  for (const id of ["align/S1", "align/S2", "call/S1", "call/S2", "joint/all"]) await runOne(table, id);
  expect(await summarize(table)).not.toHaveProperty("ranOnOld");
  await changeItems(table, { ids: ["call/S1"] }, toReset(), quiet);
  // a difference of clocks could explain less
  const later = { ...table, now: () => table.now() + 5_000 } as Table;
  await runOne(later, "call/S1");
  const summary = await summarize(later);
  expect(summary.ranOnOld).toEqual([
    { step: "joint", items: 1, itemIDs: ["joint/all"], samples: ["S1"], sampleCount: 1 },
  ]);
  expect(summaryText(summary)).toContain(
    "\njoint: 1 item used old results of S1; with the new ones:  anamo reset joint/all\n",
  );
  await changeItems(table, { ids: ["joint/all"] }, toReset(), quiet);
  await runOne({ ...table, now: () => table.now() + 10_000 } as Table, "joint/all");
  expect(await summarize(later)).not.toHaveProperty("ranOnOld");
});

test("an item behind a whole step says which samples it ran without, and what runs it again", async () => {
  const table = await newStudy();
  for (const id of ["align/S1", "align/S2", "call/S1", "call/S2", "joint/all"]) await runOne(table, id);
  await addAll(table, [stepItem("call/S25", { after: ["align"] })]);
  await changeItems(table, { ids: ["call/S1"] }, toDelete(), quiet);
  expect(await reasonsOf(table, { itemID: "joint/all" })).toEqual([
    "done: joint/all has been done since DATE, by attempt 1.",
    "ran without: joint/all ran without S25. | anamo reset joint/all",
    "ran with deleted: joint/all ran with S1, which has been deleted since.",
  ]);
  expect((await reasonsOf(table, { step: "joint" }))[1]).toContain("joint/all ran without S25");
  const summary = await summarize(table);
  expect(summary.ranWithout).toEqual([
    { step: "joint", items: 1, itemIDs: ["joint/all"], samples: ["S25"], sampleCount: 1 },
  ]);
  expect(summaryText(summary)).toContain("\njoint: 1 item ran without S25; with all samples:  anamo reset joint/all\n");
  await changeItems(table, { ids: ["joint/all"] }, toReset(), quiet);
  expect(await summarize(table)).not.toHaveProperty("ranWithout");
  expect(await reasonsOf(table, { itemID: "joint/all" })).toMatchObject([
    "waiting: joint/all waits for all items of step call: 1 of 2 is not done (1 waiting).",
    expect.stringContaining("not added: Step align has no item of sample S25 yet"),
  ]);
});

test("an item that was released without a late sample, but has not started, is named and can be made to wait", async () => {
  const table = await newStudy();
  for (const id of ["align/S1", "align/S2", "call/S1", "call/S2"]) await runOne(table, id);
  await addAll(table, [stepItem("call/S25")]);
  const summary = await summarize(table);
  expect(summary.ranWithout).toMatchObject([{ step: "joint", items: 1, unstarted: 1, samples: ["S25"] }]);
  expect(summaryText(summary)).toContain(
    "\njoint: 1 item will start without S25; to wait for all samples:  anamo reset joint/all\n",
  );
  await changeItems(table, { ids: ["joint/all"] }, toReset(), quiet);
  const after = await summarize(table);
  expect(after).not.toHaveProperty("ranWithout");
  expect(after.steps.joint?.items).toMatchObject({ waiting: 1, todo: 0 });
});

test("without a running worker it says what Batch says about those that are queued; else how many are busy", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("a/1")]);
  const jobId = "11111111-0a82-49aa-ba5a-4727fcce14a8";
  const why = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet it.";
  const queued = { jobId, jobName: workerJobName(table.name), status: "RUNNABLE", statusReason: why };
  expect(await reasonsOf(table, { itemID: "a/1" }, batchWith([queued]))).toEqual([
    `queued: a/1 can be claimed, but no worker is running: 1 worker waits in Batch's queue (RUNNABLE): ${why} | aws batch describe-jobs --jobs ${jobId}`,
  ]);
  expect(await reasonsOf(table, { itemID: "a/1" }, batchWith([{ ...queued, status: "RUNNING" }]))).toEqual([
    "workers busy: a/1 can be claimed: 1 worker is running and has no items. | anamo launch",
  ]);
  expect(await reasonsOf(table, { itemID: "a/1" }, batchWith([]))).toEqual([
    "no workers: a/1 can be claimed, but no worker is running. | anamo launch",
  ]);
  expect(await reasonsOf(table, { itemID: "a/1" }, batchWith(undefined))).toEqual([
    "no workers: a/1 can be claimed, but no worker has an item (Batch could not be asked: not authorized). | anamo work",
  ]);
  await claimAs(table, "a/1", "L", { step: "a", instance: jobId, jobAttempt: 1 });
  const ended = { ...queued, status: "FAILED", attempts: [{ container: { exitCode: 137 } }] };
  expect((await reasonsOf(table, { itemID: "a/1" }, batchWith([ended])))[0]).toMatch(
    /^lease over: .* but its Batch job has ended: .*; the next sweep gives the item back\. \| anamo jobs/,
  );
});

/** A Batch that has these jobs; undefined: one that refuses to be asked. */
function batchWith(jobs: readonly Record<string, unknown>[] | undefined): AskBatch {
  const send = async ({ input }: { input: { jobStatus?: string; jobs?: readonly string[] } }) => {
    if (!jobs) throw new Error("not authorized");
    if (input.jobs) return { jobs: jobs.filter(({ jobId }) => input.jobs?.includes(String(jobId))) };
    return { jobSummaryList: jobs.filter(({ status }) => status === input.jobStatus) };
  };
  const batch = { send } as unknown as BatchClient;
  return { queue: { batch, jobQueue: "queue" }, describeJobs: describeJobsWith(batch) };
}
