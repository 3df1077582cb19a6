import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockFolder, lockHolder, startedAt } from "../../local/folder-lock.ts";
import { testFolder } from "../support/worker.ts";

test("a lock names who has the folder and what for, until it is given up", async () => {
  const dir = await testFolder();
  const unlock = await lockFolder(dir, "run");
  expect(await lockHolder(dir)).toEqual({ pid: process.pid, use: "run" });
  await expect(lockFolder(dir, "query")).rejects.toThrow(`${dir} is in use by process ${process.pid}`);
  await unlock();
  expect(await lockHolder(dir)).toBeUndefined();
});

test("a lock whose process id another process has now is taken over", async () => {
  const dir = await testFolder();
  await writeFile(join(dir, "stack.lock"), `${process.ppid} 1 some-id run\n`);
  expect(await lockHolder(dir)).toBeUndefined();
  await (await lockFolder(dir, "up"))();
});

test("a lock of an older anamo, which does not say what for, is respected", async () => {
  const dir = await testFolder();
  await writeFile(join(dir, "stack.lock"), `${process.ppid} ${startedAt(process.ppid)} some-id\n`);
  expect(await lockHolder(dir)).toEqual({ pid: process.ppid, use: undefined });
  await expect(lockFolder(dir, "query")).rejects.toThrow("is in use by process");
});

test("where there is no /proc, ps says when a process started", () => {
  const started = startedAt(process.pid, "/nowhere");
  expect(started).toMatch(/^[A-Z][a-z]{2}_[A-Z][a-z]{2}_\d+_\d\d:\d\d:\d\d_\d{4}$/);
  expect(startedAt(process.pid, "/nowhere")).toBe(started);
  expect(startedAt(2 ** 30, "/nowhere")).toBe("");
});
