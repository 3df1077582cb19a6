import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { createImportHandler } from "../../functions/import.ts";
import { createSummarizeHandler } from "../../functions/summarize.ts";
import { createSweepHandler } from "../../functions/sweep.ts";
import { WorkFinder } from "../../lib/claims/find-work.ts";
import { removeUnneeded } from "../../lib/retention/remove-unneeded.ts";
import { keepStep } from "../../lib/settings/keep-step.ts";
import { NEEDS, NewerTableError } from "../../lib/store/needs.ts";
import { readRow } from "../../lib/store/read-row.ts";
import { SETTINGS_KEY } from "../../lib/store/schema.ts";
import { UNTIL_FOLLOWERS_DONE } from "../../lib/store/settings.ts";
import { updateRow } from "../../lib/store/write-row.ts";
import { openTable, type Table } from "../../lib/table.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { runOne } from "../support/depend.ts";
import { stoppedClock, testBucket, testEnv, testTable } from "../support/env.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { testFolder, testWorker } from "../support/worker.ts";

/* What a version does with a table in which a later one has stored something that it does not know. */

const REFUSED =
  /^a newer version of anamo has used table \S+, and stored what this one does not know: fold\. Update this one: git pull && npm ci in a checkout/;

let table: Table;

beforeEach(async () => {
  table = await testTable();
});

async function markAsNewer(): Promise<void> {
  await updateRow(table, SETTINGS_KEY, { changes: { add: { [NEEDS]: new Set(["fold"]) } } });
}

test("a worker finishes what it has, claims nothing more, and ends with an error that says what to update", async () => {
  const [started, go] = [join(await testFolder(), "started"), join(await testFolder(), "go")];
  const script = `touch ${started}; until [ -e ${go} ]; do sleep 0.1; done`;
  await addItems(table, [newItem("A", { script, priority: 9 }), newItem("B", { script: "true" })]);
  const { worker } = await testWorker(table, { items: 1 });
  const running = worker.run().catch((error: unknown) => error);
  await vi.waitFor(() => expect(existsSync(started)).toBe(true), 60_000);
  await markAsNewer();
  // 30 s later
  table.settings.forget();
  await writeFile(go, "");
  expect(await running).toMatchObject({ name: "NewerTableError", message: expect.stringMatching(REFUSED) });
  expect([(await itemNow(table, "A")).state, (await itemNow(table, "B")).state]).toEqual(["done", "todo"]);
});

test("a worker that finds nothing in the steps that it knows does not claim from one that a later version announces", async () => {
  const clock = stoppedClock();
  table = await testTable(clock);
  await addItems(table, [newItem("A", { step: "align" })]);
  const finder = new WorkFinder(openTable(table.name, table.db, clock));
  expect(await finder.find()).toHaveLength(1);
  await runOne(table, "A");
  await addItems(table, [newItem("B", { step: "fold" })]);
  await markAsNewer();
  // the settings that it has read are good for 30 s, but not to be sure that nothing is left
  clock.advance(5_000);
  await expect(finder.find()).rejects.toThrow(NewerTableError);
});

test("a worker whose disk is full removes nothing that a later version may need", async () => {
  await addItems(table, [newItem("A", { step: "align" })]);
  await keepStep(table, "align", UNTIL_FOLLOWERS_DONE);
  await markAsNewer();
  const own = openTable(table.name, table.db);
  new WorkFinder(own);
  const open = () => Promise.reject(new Error("it looked for results"));
  await expect(removeUnneeded(own, open)).rejects.toThrow(NewerTableError);
});

test("commands and functions refuse the table, and change nothing", async () => {
  await addItems(table, [newItem("A")]);
  await markAsNewer();
  const before = await readRow(table, SETTINGS_KEY);
  const { s3, bucket } = testBucket();
  const Key = `imports/align/${table.name}.txt`;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "itemID|TaskID|TaskScript\nB|s|true\n" }));
  const env = { ...testEnv(), ANAMO_TABLE: table.name, ANAMO_BUCKET: bucket };
  const workflow = new Workflow({ table: table.name, bucket, env });
  onTestFinished(() => workflow.close());
  const record = { s3: { bucket: { name: bucket }, object: { key: Key } } };
  for (const work of [
    () => workflow.summary(),
    () => workflow.add({ itemID: "B", taskID: "s", script: "true" }),
    () => workflow.reset("A"),
    () => workflow.hold("A"),
    () => workflow.pauseStep("default"),
    () => workflow.keepStep("default", "until-followers-done"),
    () => workflow.stop({ graceMs: 0 }),
    () => workflow.launch({ jobQueue: "queue", jobDefinition: "worker" }),
    () => createSummarizeHandler(env)({}),
    () => createSweepHandler(env)({}),
    () => createImportHandler(env)({ Records: [record] }),
  ]) {
    await expect(work(), String(work)).rejects.toThrow(NewerTableError);
  }
  expect(await readRow(table, SETTINGS_KEY)).toEqual(before);
  expect(await workflow.show("B").catch(() => undefined)).toBeUndefined();
});
