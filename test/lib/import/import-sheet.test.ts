import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { notInSheetText, outdatedText } from "../../../cli/import/sheet-remarks.ts";
import { createImportHandler } from "../../../functions/import.ts";
import { UPLOAD_ID } from "../../../lib/import/drop.ts";
import { continueImport, importFile } from "../../../lib/import/import-file.ts";
import { importNames } from "../../../lib/import/names.ts";
import { STUDY_KEY, storeStudy, studyKey } from "../../../lib/import/studies.ts";
import { rowToItem } from "../../../lib/store/rows.ts";
import { ITEM_ROW } from "../../../lib/store/schema.ts";
import type { Study } from "../../../lib/study/study.ts";
import { Workflow } from "../../../workflow/workflow.ts";
import { runOne } from "../../support/depend.ts";
import { testEnv } from "../../support/env.ts";
import { importBench, tableRows } from "../../support/imports.ts";
import { studyOf } from "../../support/study.ts";
import { testFolder } from "../../support/worker.ts";

const STEPS = `align: { script: "align.sh {sample} {fq}" }
call: { after: align, script: "call.sh {sample}" }
joint: { afterAll: call, script: joint.sh }`;
const SHEET = "sample,fq\nS1,a.fq\nS2,b.fq\n";

/** Imports sheets together with a study. */
async function sheetBench() {
  const bench = await importBench();
  const { deps, bucket, putAt } = bench;
  const drop = async (study: Study, text: string, { metadata = {}, ...options }: DropHow = {}) => {
    const key = studyKey(study);
    await storeStudy(deps.s3, { bucket, key }, { study });
    const object = {
      bucket,
      key: await putAt(`imports/${bench.step}.csv`, text, { [STUDY_KEY]: key, [UPLOAD_ID]: randomUUID(), ...metadata }),
    };
    return importFile(deps, object, options);
  };
  const states = async () => {
    const items = Object.values(await tableRows(bench.table)).filter(({ taskKey }) => taskKey === ITEM_ROW);
    return Object.fromEntries(items.map(rowToItem).map(({ itemId, state, script }) => [itemId, `${state}: ${script}`]));
  };
  return { ...bench, drop, states };
}

type DropHow = { metadata?: Record<string, string>; rowsAtATime?: number; shouldStop?: () => boolean };

test("a sheet becomes items that wait for each other; a late row and a new step add what is new", async () => {
  const { drop, states } = await sheetBench();
  const study = await studyOf(STEPS);
  expect(await drop(study, SHEET)).toMatchObject({ status: "imported", counts: { imported: 5, rejected: 0 } });
  expect(await states()).toEqual({
    "align-S1": "todo: align.sh S1 a.fq",
    "align-S2": "todo: align.sh S2 b.fq",
    "call-S1": "waiting: call.sh S1",
    "call-S2": "waiting: call.sh S2",
    joint: "waiting: joint.sh",
  });
  const more = await studyOf(`${STEPS}\nqc: { after: align, script: "qc.sh {sample}" }`);
  const late = await drop(more, `${SHEET}S3,c.fq\n`);
  expect(late.counts).toMatchObject({ imported: 5, skipped: 5, skippedDifferent: 0 });
});

test("a change of the script is reported and left alone, unless on-changed says otherwise", async () => {
  const { drop, states, report } = await sheetBench();
  await drop(await studyOf(STEPS), SHEET);
  const changed = await studyOf(STEPS.replace("call.sh {sample}", "call2.sh {sample}"));
  const kept = await drop(changed, SHEET);
  expect(kept.counts).toMatchObject({ imported: 0, skipped: 5, skippedDifferent: 2 });
  expect((await report(kept)).rows.map(({ itemID, message }) => [itemID, message])).toContainEqual([
    "call-S1",
    'line 2: "call-S1" is waiting with a script that has changed since: left alone (--on-changed retry would change it)',
  ]);
  const retried = await drop(changed, SHEET, { metadata: { "on-changed": "retry" } });
  expect(retried.counts).toMatchObject({ reset: 2, changed: 2, skipped: 3 });
  expect(await states()).toMatchObject({ "call-S1": "waiting: call2.sh S1", "align-S1": "todo: align.sh S1 a.fq" });
});

test("a plan names items of rows and steps that are gone, and done ones that ran with what starts over", async () => {
  const { table, bucket, drop } = await sheetBench();
  await drop(await studyOf(STEPS), SHEET);
  for (const itemId of ["align-S1", "align-S2", "call-S1", "call-S2", "joint"]) await runOne(table, itemId);
  const folder = await testFolder();
  const [workflow, sheet] = [join(folder, "workflow.yml"), join(folder, "samples.csv")];
  await writeFile(workflow, `steps:\n${STEPS.replace("call.sh", "call2.sh").replace(/^/gm, "  ")}`);
  await writeFile(sheet, "sample,fq\nS1,a.fq\nS3,c.fq\n");
  const own = new Workflow({ table: table.name, bucket, env: testEnv() });
  const found = await own.plan(sheet, { workflow, onChanged: "reset" });
  expect(found).toMatchObject({
    notInSheet: { samples: [{ sample: "S2", items: 2 }], itemIDs: [], steps: [] },
    outdated: [{ step: "joint", items: 1, itemIDs: ["joint"] }],
  });
  expect(notInSheetText(found.notInSheet).join("\n")).toMatch(/^2 items of 1 sample \(S2\) .*\n.*delete --sample S2$/);
  expect(outdatedText(found.outdated).join("\n")).toMatch(
    /^joint ran with the old results.*\n.*reset joint --following$/,
  );
  await writeFile(workflow, 'steps:\n  call: { script: "call.sh {sample}", when: "{sample} != S1" }\n');
  const other = await own.notInSheet(sheet, { workflow });
  expect(other).toEqual({
    samples: [{ sample: "S2", items: 1 }],
    itemIDs: ["call-S1"],
    steps: [
      { step: "align", items: 2 },
      { step: "joint", items: 1 },
    ],
  });
});

test("rejected rows are reported with their lines, kept once under the header, and the rest is imported", async () => {
  const { drop, report, text, step } = await sheetBench();
  const result = await drop(await studyOf(STEPS), "# lab 7\nsample,fq\nS1,a.fq\n#S9,z.fq\nS2\nS3,c.fq\nS3,d.fq\n");
  const { rows, ...head } = await report(result);
  // comments and rejected rows count rows, the others items
  expect(head).toMatchObject({ imported: 3, rejected: 3, comments: 2 });
  expect(rows).toMatchObject([
    { line: 5, field: "row", expected: "2 fields (sample, fq)", found: "1" },
    { line: 6, field: "fq", found: '"c.fq", "d.fq" on lines 6, 7' },
    { line: 7, field: "row", found: "a mistake on line 6" },
  ]);
  expect(await text(`reports/imports/${step}.rejected.csv`)).toBe("sample,fq\nS2\nS3,c.fq\nS3,d.fq\n");
});

test("a sheet that takes several parts gives the same items and one report", async () => {
  const { deps, drop, states, report, bucket, step } = await sheetBench();
  const study = await studyOf(STEPS);
  const text = `sample,fq\n${Array.from({ length: 9 }, (_, n) => `S${n},${n}.fq\n`).join("")}bad\n`;
  let result = await drop(study, text, { rowsAtATime: 2, shouldStop: () => true });
  const note = { bucket, key: importNames(`imports/${step}.csv`).continuationKey };
  let parts = 1;
  for (; result.status === "continues"; parts++) {
    let seen = 0;
    result = await continueImport(deps, note, { rowsAtATime: 2, shouldStop: () => ++seen === 7 });
  }
  expect(result).toMatchObject({ status: "imported", counts: { imported: 19, rejected: 1, skipped: 0 } });
  expect(await report(result)).toMatchObject({ parts, imported: 19, rejected: 1 });
  expect(parts).toBeGreaterThan(2);
  expect(Object.keys(await states())).toHaveLength(19);
});

test("a sheet that must be new is checked and added by its workflow, also if the check takes several parts", async () => {
  const { deps, drop, states, bucket, step } = await sheetBench();
  const metadata = { "on-duplicate": "fail" };
  const first = await drop(await studyOf(STEPS), SHEET, { metadata, shouldStop: () => true });
  expect(first.status).toBe("continues");
  const note = { bucket, key: importNames(`imports/${step}.csv`).continuationKey };
  const result = await continueImport(deps, note);
  expect(result).toMatchObject({ status: "imported", counts: { imported: 5, rejected: 0 } });
  expect(Object.keys(await states())).toHaveLength(5);
});

test("a sheet under the name of a stored workflow is expanded by the import function; a task file elsewhere is not", async () => {
  const { table, bucket, putAt, states, step } = await sheetBench();
  const folder = await testFolder();
  await writeFile(join(folder, "regions.txt"), "chr1\nchr2\n");
  const file = join(folder, "workflow.yml");
  await writeFile(file, `steps:\n  call: { script: "call.sh {sample}", args: { file: regions.txt } }\n`);
  const workflow = new Workflow({ table: table.name, bucket, env: testEnv() });
  const name = `study ${step}`;
  expect(await workflow.putWorkflow(name, file)).toMatchObject({ steps: ["call"], replaced: false });
  expect(await workflow.putWorkflow(name, file)).toMatchObject({ replaced: true });
  expect(await workflow.workflowText(name)).toContain("regions.txt");
  expect(await workflow.workflowText("other")).toBeUndefined();
  await expect(workflow.putWorkflow("a/b", file)).rejects.toThrow("expected a name without a /");
  const handle = createImportHandler({ ...testEnv(), ANAMO_TABLE: table.name });
  const drop = async (key: string, text: string) => {
    const object = { bucket: { name: bucket }, object: { key: encodeURIComponent(await putAt(key, text)) } };
    const { files } = await handle({
      Records: [{ eventSource: "aws:s3", eventName: "ObjectCreated:Put", s3: object }],
    });
    return files[0];
  };
  const sheet = await drop(`imports/${name}/late.csv`, "sample\nS25\n,\n");
  expect(sheet).toMatchObject({ status: "imported", counts: { imported: 1, tasks: 2 } });
  const list = await drop(`imports/${step}/list.txt`, "itemID|TaskID|TaskScript\nx|y|echo z\n");
  expect(list).toMatchObject({ status: "imported", counts: { imported: 1 } });
  const wrong = await drop(`imports/${name}/wrong.csv`, "name\nS25\n");
  expect(wrong).toMatchObject({
    status: "rejected",
    message: expect.stringContaining("expected one column called sample"),
  });
  expect(Object.keys(await states()).sort()).toEqual(["call-S25", "x"]);
  workflow.close();
});

test("metadata that names no workflow is a message", async () => {
  const { drop, put, deps, bucket } = await sheetBench();
  const key = await put("a.csv", SHEET, { [STUDY_KEY]: "workflows/none.json" });
  expect(await importFile(deps, { bucket, key })).toMatchObject({
    status: "rejected",
    message:
      'metadata workflow: expected the key of a workflow, as "anamo workflow put" stores it, found "workflows/none.json"',
  });
  const commands = await drop(await studyOf(STEPS), SHEET, { metadata: { format: "commands" } });
  expect(commands).toMatchObject({ status: "rejected", message: expect.stringContaining("sample sheet") });
});

test("results of a step may go only once all rows are there that may need them; they stay from the first row on", async () => {
  const { deps, drop, table, bucket, step } = await sheetBench();
  const note = { bucket, key: importNames(`imports/${step}.csv`).continuationKey };
  const keeps = async () => Object.fromEntries((await table.settings.get(0)).keeps);
  const until = STEPS.replace("align: {", "align: { keep: until-followers-done,");
  const metadata = { "on-duplicate": "fail" };
  expect((await drop(await studyOf(until), SHEET, { metadata, shouldStop: () => true })).status).toBe("continues");
  expect((await continueImport(deps, note, { rowsAtATime: 1, shouldStop: () => true })).status).toBe("continues");
  expect(await keeps()).toEqual({});
  while ((await continueImport(deps, note)).status === "continues");
  expect(await keeps()).toEqual({ align: "until-followers-done" });
  const sheet = SHEET.replaceAll("S", "T");
  expect((await drop(await studyOf(STEPS), sheet, { rowsAtATime: 1, shouldStop: () => true })).status).toBe(
    "continues",
  );
  expect(await keeps()).toEqual({});
});

test("keep of a step is in the settings of the table; a workflow file without it takes it back", async () => {
  const { drop, table } = await sheetBench();
  const until = STEPS.replace("align: {", "align: { keep: until-followers-done,");
  await drop(await studyOf(until), SHEET);
  expect((await table.settings.get(0)).keeps).toEqual(new Map([["align", "until-followers-done"]]));
  await drop(await studyOf(STEPS), SHEET);
  expect((await table.settings.get(0)).keeps).toEqual(new Map());
  await expect(studyOf(STEPS.replace("align: {", "align: { keep: 3 days,"))).rejects.toThrow(
    "step align: keep: expected how long its results stay: forever or until-followers-done, found",
  );
});
