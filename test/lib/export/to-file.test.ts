import { execFile } from "node:child_process";
import { lstat, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { UsageError } from "../../../lib/errors.ts";
import { toFile } from "../../../lib/export/to-file.ts";
import { testFolder } from "../../support/worker.ts";

test("a link to a file stays, one to a pipe or to nothing is written to, and none is replaced by a file", async () => {
  const folder = await testFolder();
  const path = (name: string) => join(folder, name);
  await writeFile(path("file"), "an earlier export");
  await symlink(path("file"), path("link"));
  await symlink(path("missing"), path("dangling"));
  // like /dev/stdout, it leads to a pipe that has no path of its own
  await promisify(execFile)("mkfifo", [path("pipe")]);
  await symlink(path("pipe"), path("stdout"));
  const read = readFile(path("pipe"), "utf8");
  for (const name of ["link", "dangling", "stdout"]) await toFile(path(name), (put) => put(`to ${name}`));
  expect(await read).toBe("to stdout");
  expect(await readFile(path("file"), "utf8")).toBe("to link");
  expect(await readFile(path("missing"), "utf8")).toBe("to dangling");
  for (const name of ["link", "dangling", "stdout"]) expect((await lstat(path(name))).isSymbolicLink()).toBe(true);
});

test("a place where nothing can be written is named with the reason, in words", async () => {
  const folder = await testFolder();
  await writeFile(join(folder, "file"), "");
  const write = (file: string) => toFile(file, (put) => put("x"));
  await expect(write("/proc/anamo.csv")).rejects.toThrow(
    new UsageError("/proc/anamo.csv cannot be written: its folder does not exist (ENOENT)"),
  );
  await expect(write(join(folder, "file", "a.csv"))).rejects.toThrow(/a part of the path is a file, not a folder/);
  await expect(write("/dev/full")).rejects.toThrow(/^\/dev\/full cannot be written: the disk is full \(ENOSPC\)$/);
});
