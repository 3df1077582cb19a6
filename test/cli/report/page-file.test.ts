import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lastRun, lastRunPath } from "../../../cli/report/last-run.ts";
import { noteRun, writePage } from "../../../cli/report/page-file.ts";
import { testFolder } from "../../support/worker.ts";

test("a page replaces a file; what a link leads to is written to, and the link stays; a folder is refused", async () => {
  const folder = await testFolder();
  const [file, link] = [join(folder, "page.html"), join(folder, "link")];
  await writeFile(file, "a longer one");
  await symlink(file, link);
  await writePage(file, "one");
  expect(await readFile(link, "utf8")).toBe("one");
  await writePage(link, "two");
  expect(await readFile(file, "utf8")).toBe("two");
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  // stands for anything that is not a plain file, such as /dev/stdout
  const pipe = join(folder, "device");
  await symlink("/dev/null", pipe);
  await writePage(pipe, "three");
  expect((await lstat("/dev/null")).isCharacterDevice()).toBe(true);
  await mkdir(join(folder, "dir"));
  await writeFile(join(folder, "dir.new"), "of somebody else");
  await expect(writePage(join(folder, "dir"), "x")).rejects.toThrow(/dir cannot be written: it is a folder$/);
  expect(await readFile(join(folder, "dir.new"), "utf8")).toBe("of somebody else");
  expect((await readdir(folder)).sort()).toEqual(["device", "dir", "dir.new", "link", "page.html"]);
});

test("the words of a run are noted without the command of --on-event, which may hold a secret", async () => {
  const folder = await testFolder();
  for (const secret of [["--on-event", "curl https://chat/SECRET"], ["--on-event=curl\nSECRET"]]) {
    await noteRun(folder, ["run", ...secret, "tasks.txt", "--workers", "2"]);
    expect(lastRun(folder)).toEqual(["run", "tasks.txt", "--workers", "2"]);
  }
  // the disk was full
  await writeFile(lastRunPath(folder), '["run"');
  expect(lastRun(folder)).toEqual([]);
});
