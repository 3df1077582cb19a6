import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../../lib/errors.ts";
import { makeFolder } from "../../lib/make-folder.ts";
import { testFolder } from "../support/worker.ts";

test("a folder is created with its parents, also by two callers at once; an existing one is left alone", async () => {
  const folder = await testFolder();
  const deep = join(folder, "a", "b", "c");
  await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(folder, "a", "b", "d"))]);
  await writeFile(join(deep, "file"), "");
  await makeFolder(deep);
  await symlink(deep, join(folder, "link"));
  await makeFolder(join(folder, "link"));
  await makeFolder("/");
});

test.for([
  ["below a file", "file/a", "a part of the path is a file, not a folder (ENOTDIR)"],
  ["in place of a file", "file", "a part of the path is a file, not a folder (EEXIST)"],
  ["in place of a dangling link", "dead", "a part of the path is a file, not a folder (EEXIST)"],
  ["with a name that is too long", "n".repeat(300), "the name is too long (ENAMETOOLONG)"],
  ["in /proc, where Node.js itself would loop forever", "/proc/anamo/stack", "its folder does not exist (ENOENT)"],
] as const)(
  "a folder that cannot be created %s is an error with its path",
  { timeout: 5_000 },
  async ([, path, why]) => {
    const folder = await testFolder();
    await writeFile(join(folder, "file"), "");
    await symlink(join(folder, "nothing"), join(folder, "dead"));
    const wanted = path.startsWith("/") ? path : join(folder, path);
    await expect(makeFolder(wanted)).rejects.toThrow(new UsageError(`the folder ${wanted} cannot be created: ${why}`));
  },
);
