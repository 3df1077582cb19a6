import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { importFile, noCounts } from "../../../lib/import/import-file.ts";
import { importBench, tableRows } from "../../support/imports.ts";
import { itemNow } from "../../support/items.ts";

const HEADER = "itemID|TaskID|TaskScript\n";

test("every row of a file becomes an item of the step that its folder names", async () => {
  const bench = await importBench();
  const result = await bench.drop("run1.txt", `${HEADER}a|s1|seq 1\nb|s2|seq 2\n`);
  expect(result).toEqual({
    key: `imports/${bench.step}/run1.txt`,
    status: "imported",
    counts: { ...noCounts(), imported: 2, tasks: 2 },
    reportKey: `reports/imports/${bench.step}/run1.txt.json`,
  });
  expect(await itemNow(bench.table, "b")).toMatchObject({
    taskId: "s2",
    step: bench.step,
    state: "todo",
    script: "seq 2",
    source: expect.stringMatching(/^[0-9a-f]{12}:3$/),
  });
  expect(await bench.report(result)).toMatchObject({
    status: "imported",
    imported: 2,
    rejected: 0,
    parts: 1,
    rows: [],
  });
});

test("PyAnamo's nested example is imported as items with one task per argument", async () => {
  const bench = await importBench();
  const { counts } = await bench.drop(
    "nested.txt",
    "\nitemID|TaskID|TaskScript|TaskArgs\nSeq_Test_5|Task_5|seq|8,2,1\n\n",
  );
  expect(counts).toMatchObject({ imported: 1, tasks: 3 });
  const rows = await tableRows(bench.table);
  expect(rows["Seq_Test_5 -"]).toMatchObject({ ItemState: "todo", Nested_Tasks: 3 });
  const scripts = { Task_0: "seq 8", Task_1: "seq 2", Task_2: "seq 1" };
  expect(rows["Seq_Test_5 TaskScripts_00000"]).toMatchObject({ TaskScripts: scripts });
  expect(Object.keys(rows)).toHaveLength(2);
});

test("a folder key is ignored", async () => {
  const bench = await importBench();
  const result = await importFile(bench.deps, { bucket: bench.bucket, key: `imports/${bench.step}/` });
  expect(result).toEqual({
    key: `imports/${bench.step}/`,
    status: "ignored",
    counts: noCounts(),
    message: "a folder, not a file",
  });
});

test("a file that has been deleted in the meantime is ignored", async () => {
  const bench = await importBench();
  const key = await bench.put("run1.txt", HEADER);
  await bench.s3.send(new DeleteObjectCommand({ Bucket: bench.bucket, Key: key }));
  expect(await importFile(bench.deps, { bucket: bench.bucket, key })).toMatchObject({
    status: "ignored",
    message: `${key} is no longer in the bucket`,
  });
});

test("scripts of 300 kB and nested items with many tasks are imported together with small ones", async () => {
  const bench = await importBench();
  const rows = Array.from({ length: 20 }, (_, n) => [
    `big${n}|s|${"x".repeat(300_000)}|`,
    `n${n}|s|echo|${"1,".repeat(99)}1`,
  ]);
  const { counts } = await bench.drop("run1.txt", `itemID|TaskID|TaskScript|TaskArgs\n${rows.flat().join("\n")}`);
  expect(counts).toEqual({ ...noCounts(), imported: 40, tasks: 2020 });
});
