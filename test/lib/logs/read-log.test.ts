import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test, vi } from "vitest";
import { fail } from "../../../lib/claims/fail.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { logKey } from "../../../lib/logs/log-key.ts";
import { linesOf } from "../../../lib/logs/log-lines.ts";
import { logOwners } from "../../../lib/logs/log-owners.ts";
import { openLog, type TaskLog } from "../../../lib/logs/read-log.ts";
import type { Table } from "../../../lib/table.ts";
import { testBucket, testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../../support/items.ts";
import { testWorker } from "../../support/worker.ts";

test("log keys are made of the escaped step, item and task, with one object per attempt and stream", () => {
  const place = { step: "call#1", itemId: "S1/..", taskKey: "Task_0", attempt: 2 };
  expect(logKey(place, "stdout")).toBe("logs/call%231/S1%2F../Task_0/2.log.gz");
  expect(logKey(place, "stderr")).toBe("logs/call%231/S1%2F../Task_0/2.err.gz");
});

test("a short log is read from the row, a long one as a whole from the bucket", async () => {
  const table = await testTable();
  await workOff(table, [
    newItem("short", { script: "echo one; echo two >&2" }),
    newItem("long", { script: "seq 4000" }),
  ]);
  const short = await logsOf(table, "short");
  expect(short).toMatchObject([{ itemID: "short", attempt: 1, stream: "stdout", from: "row", text: "one\n" }]);
  expect(short[0]).not.toHaveProperty("note");
  expect(short[0]).not.toHaveProperty("taskKey");
  expect(await logsOf(table, "short", { stream: "stderr" })).toMatchObject([{ from: "row", text: "two\n" }]);
  const [long] = await logsOf(table, "long");
  expect(long).toMatchObject({ from: "bucket", attempt: 1 });
  expect(long?.text.split("\n")).toHaveLength(4001);
  expect(await logsOf(table, "long", { stream: "stderr" })).toEqual([
    { itemID: "long", taskID: "sample of long", attempt: 1, stream: "stderr", from: "row", text: "" },
  ]);
});

test("a nested item has one log per task, ordered by number; a task may be named by its number", async () => {
  const table = await testTable();
  const scripts = Array.from({ length: 12 }, (_, n) => (n === 11 ? "seq 1000 2000" : `echo ${n}`));
  await workOff(table, [newItem("N", { scripts })]);
  const logs = await logsOf(table, "N");
  expect(logs.map(({ taskKey }) => taskKey)).toEqual(scripts.map((_, n) => `Task_${n}`));
  expect(logs.map(({ from }) => from)).toEqual([...Array(11).fill("row"), "bucket"]);
  expect(await logsOf(table, "N", { task: "Task_3" })).toMatchObject([{ taskKey: "Task_3", text: "3\n" }]);
  expect(await logsOf(table, "N", { task: "4" })).toMatchObject([{ taskKey: "Task_4", text: "4\n" }]);
});

test("an earlier attempt is read from the bucket; its log is not kept if it was short", async () => {
  const table = await testTable();
  const script = '[ "$ATTEMPT" = 2 ] && exit 0; seq 1000; exit 3';
  await workOff(table, [newItem("R", { script })]);
  expect(await itemNow(table, "R")).toMatchObject({ state: "done", attempt: 2 });
  expect(await logsOf(table, "R")).toMatchObject([{ attempt: 2, text: "" }]);
  const [first] = await logsOf(table, "R", { attempt: 1 });
  expect(first).toMatchObject({ attempt: 1, from: "bucket" });
  expect(first?.text.split("\n")).toHaveLength(1001);
  expect(await logsOf(table, "R", { attempt: 3 })).toEqual([]);
});

test("while an attempt runs, the row still has the log of the previous one", async () => {
  const table = await testTable({ random: () => 0 });
  await addItems(table, [newItem("L")]);
  const first = await claimAs(table, "L", "lock-1");
  if (!first.won) throw new Error("could not be claimed");
  const log = { stdout: "first\n", stderr: "", tagged: [] };
  await fail(table, first.item, { cause: "exit", exitCode: 1, log }, DEFAULT_POLICY);
  expect(await claimAs(table, "L", "lock-2")).toMatchObject({ won: true, item: { attempt: 2 } });
  expect(await logsOf(table, "L")).toMatchObject([{ attempt: 1, text: "first\n" }]);
  expect(await logsOf(table, "L", { attempt: 2 })).toEqual([]);
});

test.for([
  ["its object has been deleted", true, "no longer in the bucket"],
  ["no bucket is given", false, "no bucket was given"],
] as const)("when %s, the end is read from the row, and a note says so", async ([, named, note]) => {
  const table = await testTable();
  await workOff(table, [newItem("gone", { script: "seq 1000" })]);
  const { s3, bucket } = testBucket();
  const Key = (await itemNow(table, "gone")).outcome?.logKeys?.stdout;
  if (named) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  const [log] = await logsOf(table, "gone", { bucket: named });
  expect(log).toMatchObject({ from: "row", attempt: 1 });
  expect(log?.note).toContain(note);
  expect(log?.text).toMatch(/\n999\n1000\n$/);
});

test("a truncated log in the bucket is an error that names its key, not a short log", async () => {
  const table = await testTable();
  await workOff(table, [newItem("cut", { script: "seq 2000" })]);
  const { s3, bucket } = testBucket();
  const Key = (await itemNow(table, "cut")).outcome?.logKeys?.stdout;
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]) }),
  );
  await expect(logsOf(table, "cut")).rejects.toThrow(
    /logs\/default\/cut\/Task_0\/1\.log\.gz cannot be read to the end/,
  );
});

test("a reader may stop in the middle", async () => {
  const table = await testTable();
  await workOff(table, [newItem("long", { script: "seq 200000" })]);
  for await (const owner of logOwners(table, "long")) {
    const log = await openLog(owner, "stdout", testBucket());
    for await (const line of linesOf(log?.bytes ?? [])) {
      expect(line).toBe("1");
      break;
    }
  }
});

test.for([
  ["an item", "nobody", undefined, /there is no item nobody/],
  ["a task of a nested item", "N", "Task_9", /N has no task Task_9/],
  ["a task of a plain item", "P", "Task_1", /P is a plain item/],
] as const)("%s that does not exist is an error that names it", async ([, itemId, task, message]) => {
  const table = await testTable();
  await addItems(table, [newItem("N", { scripts: ["a"] }), newItem("P")]);
  await expect(Array.fromAsync(logOwners(table, itemId, task))).rejects.toThrow(message);
});

/** Adds items and lets a worker run them. */
async function workOff(table: Table, items: Parameters<typeof addItems>[1]): Promise<void> {
  await addItems(table, items);
  const { worker } = await testWorker(table, { items: 2, nested: 4, whenEmpty: "wait" });
  const run = worker.run();
  // a worker that does not wait may leave before the index shows a retry
  await vi.waitFor(async () => {
    for (const { itemId } of items) expect((await itemNow(table, itemId)).state).toMatch(/done|failed/);
  }, 60_000);
  worker.stop("all have ended");
  await run;
}

async function logsOf(
  table: Table,
  itemId: string,
  wanted: { task?: string; stream?: "stdout" | "stderr"; attempt?: number; bucket?: boolean } = {},
): Promise<(Omit<TaskLog, "bytes"> & { text: string })[]> {
  const bucket = wanted.bucket === false ? undefined : testBucket();
  const logs = [];
  for await (const owner of logOwners(table, itemId, wanted.task)) {
    const log = await openLog(owner, wanted.stream ?? "stdout", bucket, wanted.attempt);
    if (!log) continue;
    const { bytes, ...rest } = log;
    logs.push({ ...rest, text: Buffer.concat(await Array.fromAsync(bytes)).toString() });
  }
  return logs;
}
