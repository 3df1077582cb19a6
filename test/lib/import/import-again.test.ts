import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { addItem } from "../../../lib/changes/add.ts";
import { changeItems } from "../../../lib/changes/change-items.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { complete } from "../../../lib/claims/complete.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { upload } from "../../../lib/import/drop.ts";
import { importFile, noCounts } from "../../../lib/import/import-file.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { bySample } from "../../../lib/progress/by-sample.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import { pauseStep } from "../../../lib/settings/pause-step.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { importBench, scriptsNow, tableRows } from "../../support/imports.ts";
import { claimAs, itemNow, newItem } from "../../support/items.ts";
import { tableOverLine } from "../../support/lost-reply.ts";
import { testFolder } from "../../support/worker.ts";

const HEADER = "itemID|TaskID|TaskScript\n";

test("importing the same file again adds nothing and changes nothing", async () => {
  const bench = await importBench();
  const content = `${HEADER}a|s1|seq 1\nb|s2|seq 2\n`;
  await bench.drop("run1.txt", content);
  const before = await tableRows(bench.table);
  const { counts } = await bench.drop("again.txt", content);
  expect(counts).toEqual({ ...noCounts(), skipped: 2 });
  expect(await tableRows(bench.table)).toEqual(before);
});

test("a second delivery of an S3 event changes nothing, and the report says so", async () => {
  const bench = await importBench();
  await addItem(bench.table, newItem("b", { step: bench.step }));
  const key = await bench.put("run1.txt", `${HEADER}a|s1|seq 1\nb|s2|seq 2\na|s3|seq 3\n`, { "on-duplicate": "reset" });
  const first = await importFile(bench.deps, { bucket: bench.bucket, key });
  expect(first.counts).toEqual({ ...noCounts(), imported: 1, reset: 1, rejected: 1, tasks: 2 });
  await claimAs(bench.table, "a", "lock-1", { step: bench.step });
  const before = await tableRows(bench.table);
  const second = await importFile(bench.deps, { bucket: bench.bucket, key });
  expect(second.counts).toEqual({ ...noCounts(), skipped: 2, redelivered: 2, rejected: 1 });
  expect(await tableRows(bench.table)).toEqual(before);
});

test("an item with a different script is left alone and reported", async () => {
  const bench = await importBench();
  await bench.drop("run1.txt", `${HEADER}a|s1|seq 1\n`);
  const result = await bench.drop("run2.txt", `${HEADER}a|s1|seq 99\n`);
  expect(result.counts).toEqual({ ...noCounts(), skipped: 1, skippedDifferent: 1 });
  expect((await bench.report(result)).rows).toEqual([
    {
      line: 2,
      outcome: "different",
      itemID: "a",
      message:
        'line 2: "a" is in the table with a different script: left alone (--on-duplicate reset would start it over)',
    },
  ]);
  expect(await scriptsNow(bench.table)).toEqual({ a: "seq 1" });
});

test("of rows with the same itemID the first is imported, the others are rejected", async () => {
  const bench = await importBench();
  const result = await bench.drop("run1.txt", `${HEADER}a|s1|seq 1\nb|s2|seq 2\na|s3|seq 3\na|s4|seq 4\n`);
  expect(result.counts).toEqual({ ...noCounts(), imported: 2, rejected: 2, tasks: 2 });
  expect((await bench.report(result)).rows.map(({ message }) => message)).toEqual([
    'line 4: itemID: expected one that no other row has, found "a", also on line 2',
    'line 5: itemID: expected one that no other row has, found "a", also on line 2',
  ]);
  expect(await scriptsNow(bench.table)).toEqual({ a: "seq 1", b: "seq 2" });
});

test.each(["skip", "retry", "reset"])("a row that repeats is rejected in every import with %s", async (onDuplicate) => {
  const bench = await importBench();
  const { table, step } = bench;
  const list = `${HEADER}${["w", "f", "d", "l"].map((id) => `${id}|s|one\n${id}|s|two\n`).join("")}`;
  const messages = ["w", "f", "d", "l"].map((id, n) => {
    const line = 2 * n + 2;
    return `line ${line + 1}: itemID: expected one that no other row has, found "${id}", also on line ${line}`;
  });
  const drop = async (file: string) => {
    const result = await bench.drop(file, list, { "on-duplicate": onDuplicate });
    const { rows } = await bench.report(result);
    // the rows of a report are in the order found, which is not always that of the lines
    const rejected = rows.filter(({ outcome }) => outcome === "rejected").map(({ message }) => message);
    expect(rejected.sort()).toEqual(messages);
    expect(await scriptsNow(table)).toEqual({ w: "one", f: "one", d: "one", l: "one" });
    return result.counts;
  };
  expect(await drop("run1.txt")).toMatchObject({ imported: 4, rejected: 4 });
  for (const id of ["f", "d", "l"]) {
    const claimed = await claimAs(table, id, `lock-${id}`, { step });
    if (!claimed.won) throw new Error(`${id} could not be claimed`);
    if (id === "d") await complete(table, claimed.item, {});
    else if (id === "f") await fail(table, claimed.item, { cause: "exit" }, { ...DEFAULT_POLICY, maxAttempts: 1 });
  }
  const reset = { skip: 0, retry: 1, reset: 3 }[onDuplicate];
  const expected = { imported: 0, reset, changed: 0, skippedDifferent: 0, rejected: 4 };
  expect(await drop("run2.txt")).toMatchObject({ ...expected, skipped: 4 - (reset ?? 0) });
});

test("an itemID that exists in another step is rejected", async () => {
  const bench = await importBench();
  await addItem(bench.table, newItem("a", { step: "other" }));
  const result = await bench.drop("run1.txt", `${HEADER}a|s1|seq 1\n`);
  expect((await bench.report(result)).rows[0]?.message).toBe(
    `line 2: itemID: expected one that is not in the table yet, or in step "${bench.step}", found "a" in step "other"; itemIDs are unique in a table: to import the same items, use that step (--step other); for other items, begin the itemIDs with the step name`,
  );
});

test("a step whose rows were all rejected, or whose items are all deleted, does not show up in summaries", async () => {
  const bench = await importBench();
  const { table, step } = bench;
  await bench.drop("run1.txt", `${HEADER}a|s1|seq 1\nb|s1|seq 2\n`);
  for (const onDuplicate of ["skip", "retry", "reset"]) {
    const key = await bench.putAt(`imports/mistyped/${onDuplicate}.txt`, `${HEADER}a|s1|seq 1\nb|s1|seq 3\n`, {
      "on-duplicate": onDuplicate,
    });
    const { counts } = await importFile(bench.deps, { bucket: bench.bucket, key });
    expect(counts).toMatchObject({ imported: 0, rejected: 2 });
  }
  expect([...(await table.settings.get(0)).steps.keys()]).toEqual([step]);
  await bench.putAt("imports/other/run.txt", `${HEADER}c|s1|seq 1\n`);
  await importFile(bench.deps, { bucket: bench.bucket, key: "imports/other/run.txt" });
  expect(Object.keys((await summarize(table)).steps).sort()).toEqual(["other", step].sort());
  await changeItems(table, { ids: ["c"] }, toDelete({}), { tell: () => {} });
  expect(Object.keys((await summarize(table)).steps)).toEqual([step]);
  expect((await bySample(table)).steps).toEqual([step]);
  await pauseStep(table, "other", { by: "me" });
  expect(Object.keys((await summarize(table)).steps).sort()).toEqual(["other", step].sort());
});

describe("on-duplicate", () => {
  test("reset starts existing items over, except those that a worker has", async () => {
    const bench = await importBench();
    const { step } = bench;
    await bench.drop("run1.txt", `${HEADER}a|s1|seq 1\nb|s2|seq 2\n`);
    await claimAs(bench.table, "b", "lock-1", { step });
    const result = await bench.drop("run2.txt", `${HEADER}a|s1|seq 10\nb|s2|seq 20\nc|s3|seq 30\n`, {
      "on-duplicate": "reset",
    });
    expect(result.counts).toEqual({ ...noCounts(), imported: 1, reset: 1, skipped: 1, locked: 1, tasks: 2 });
    expect(await scriptsNow(bench.table)).toEqual({ a: "seq 10", b: "seq 2", c: "seq 30" });
    expect((await bench.report(result)).rows).toEqual([
      { line: 3, outcome: "locked", itemID: "b", message: 'line 3: "b" is being worked on: left alone' },
    ]);
  });

  test("retry gives failed and waiting items the new row, and leaves done and locked ones alone", async () => {
    const bench = await importBench();
    const { step, table } = bench;
    await bench.drop("run1.txt", `${HEADER}${["f", "g", "d", "l", "w", "u"].map((id) => `${id}|s|old\n`).join("")}`);
    const policy = { ...DEFAULT_POLICY, maxAttempts: 1 };
    for (const id of ["f", "g", "d", "l"]) {
      const claimed = await claimAs(table, id, `lock-${id}`, { step });
      if (!claimed.won) throw new Error(`${id} could not be claimed`);
      if (id === "d") await complete(table, claimed.item, {});
      else if (id !== "l") await fail(table, claimed.item, { cause: "exit", exitCode: 4 }, policy);
    }
    const rows = "f|s|new\ng|s|old\nd|s|new\nl|s|new\nw|s|new\nu|s|old\nn|s|new\n";
    const key = await bench.put("run2.txt", `${HEADER}${rows}`, { "on-duplicate": "retry" });
    const result = await importFile(bench.deps, { bucket: bench.bucket, key });
    expect(result.counts).toEqual({
      ...noCounts(),
      imported: 1,
      reset: 3,
      changed: 1,
      skipped: 3,
      skippedDifferent: 1,
      locked: 1,
      tasks: 4,
    });
    const report = await bench.report(result);
    expect(report.onDuplicate).toBe("retry");
    // rows are written side by side
    expect(report.rows.map(({ message }) => message).sort()).toEqual([
      'line 4: "d" is done with a different script: left alone (--on-duplicate reset would start it over)',
      'line 5: "l" is being worked on, as an earlier row said: left alone (import this one again if it fails)',
    ]);
    expect(await scriptsNow(table)).toEqual({ f: "new", g: "old", d: "old", l: "old", w: "new", u: "old", n: "new" });
    const before = await tableRows(table);
    const again = await importFile(bench.deps, { bucket: bench.bucket, key });
    expect(again.counts).toMatchObject({ imported: 0, reset: 0, changed: 0, skipped: 7, redelivered: 4 });
    expect(await tableRows(table)).toEqual(before);
  });

  test("retry can be limited to steps, whatever their names", async () => {
    const bench = await importBench();
    const { table } = bench;
    const list = (script: string) => `itemID|TaskID|Step|TaskScript\na|s|x, y/é|${script}\nb|s|z|${script}\n`;
    await bench.drop("run1.txt", list("old"));
    const file = join(await testFolder(), "run2.txt");
    await writeFile(file, list("new"));
    const options = { step: bench.step, onDuplicate: "retry", retrySteps: ["x, y/é"] };
    const { key } = await upload(bench.s3, bench.bucket, file, options);
    const { counts } = await importFile(bench.deps, { bucket: bench.bucket, key });
    expect(counts).toMatchObject({ reset: 1, changed: 1, skipped: 1, skippedDifferent: 1 });
    expect(await scriptsNow(table)).toEqual({ a: "new", b: "old" });
  });

  test("fail adds nothing and reports itemIDs that exist or repeat in the file", async () => {
    const bench = await importBench();
    await bench.drop("run1.txt", `${HEADER}a|s1|seq 1\n`);
    const result = await bench.drop("run2.txt", `${HEADER}b|s1|seq 1\nb|s1|seq 1\na|s1|seq 1\n||\n`, {
      "on-duplicate": "fail",
    });
    expect(result).toMatchObject({
      status: "rejected",
      message:
        "nothing was imported: on-duplicate is fail, and 2 itemIDs are already in the table or repeat in the file",
      counts: { ...noCounts(), rejected: 2 },
    });
    expect(result.rejectedKey).toBeUndefined();
    expect((await bench.report(result)).rows.map(({ message }) => message)).toEqual([
      'line 3: itemID: expected one that does not exist yet (on-duplicate is fail), found "b", also on line 2',
      `line 4: itemID: expected one that does not exist yet (on-duplicate is fail), found "a" in step "${bench.step}"`,
    ]);
    expect(await scriptsNow(bench.table)).toEqual({ a: "seq 1" });
  });

  test("fail adds all rows if none exists, and recognizes them when the event is delivered again", async () => {
    const bench = await importBench();
    const rows = Array.from({ length: 250 }, (_, n) => `i${n}|s|seq ${n}\n`).join("");
    const key = await bench.put("run1.txt", `${HEADER}${rows}|s|bad\n`, { "on-duplicate": "fail" });
    const first = await importFile(bench.deps, { bucket: bench.bucket, key });
    expect(first.counts).toEqual({ ...noCounts(), imported: 250, rejected: 1, tasks: 250 });
    const second = await importFile(bench.deps, { bucket: bench.bucket, key });
    expect(second.counts).toEqual({ ...noCounts(), skipped: 250, redelivered: 250, rejected: 1 });
  });
});

test("an import waits for a nested item that an earlier delivery left half written, then finishes it", async () => {
  const clock = stoppedClock();
  const bench = await importBench(await testTable(clock));
  const key = await bench.put("run1.jsonl", '{"itemID":"n","TaskID":"s","TaskScript":"seq","TaskArgs":[1,2,3]}\n');
  await importFile(bench.deps, { bucket: bench.bucket, key });
  // make it look as if the first delivery had died before its last write
  await bench.table.db.send(
    new UpdateCommand({
      TableName: bench.table.name,
      Key: { itemID: "n", taskKey: "-" },
      UpdateExpression: "SET ItemState = :held, Importing = :importing",
      ExpressionAttributeValues: { ":held": "held", ":importing": { token: "dead", sinceMs: clock.now() } },
    }),
  );
  const wait = async (ms: number) => clock.advance(ms);
  const result = await importFile({ ...bench.deps, wait }, { bucket: bench.bucket, key });
  expect(result.counts).toMatchObject({ imported: 1, tasks: 3 });
  expect(await itemNow(bench.table, "n")).toMatchObject({ state: "todo", nestedTasks: 3 });
});

test("if the database fails, the import fails, and the next delivery finishes it", async () => {
  const bench = await importBench();
  const key = await bench.put(
    "run1.txt",
    `${HEADER}${Array.from({ length: 300 }, (_, n) => `i${n}|s|seq\n`).join("")}`,
  );
  let puts = 0;
  const table = await tableOverLine(bench.table, (sent) => (sent === "PutItem" && ++puts > 100 ? "refuse" : "carry"));
  const broken = { ...bench.deps, table };
  await expect(importFile(broken, { bucket: bench.bucket, key })).rejects.toThrow("refused by the fault proxy");
  const { counts } = await importFile(bench.deps, { bucket: bench.bucket, key });
  expect(counts.imported + counts.redelivered).toBe(300);
  expect(Object.keys(await scriptsNow(bench.table))).toHaveLength(300);
});
