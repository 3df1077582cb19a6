import { execFile } from "node:child_process";
import { lstat, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
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
