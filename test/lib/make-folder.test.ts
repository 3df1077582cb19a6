import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../../lib/errors.ts";
import { makeFolder } from "../../lib/make-folder.ts";
import { testFolder } from "../support/worker.ts";

test("a folder is made with those above it, also by two at once; one that is there is left as it is", async () => {
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
  ["below a file", "file/a", "ENOTDIR"],
  ["in place of a file", "file", "EEXIST"],
  ["in place of a link to nothing", "dead", "EEXIST"],
  ["by a name that is too long", "n".repeat(300), "ENAMETOOLONG"],
  ["in /proc, where Node.js itself would try for ever", "/proc/anamo/stack", "ENOENT"],
] as const)("what cannot be made %s is named", { timeout: 5_000 }, async ([, path, code]) => {
  const folder = await testFolder();
  await writeFile(join(folder, "file"), "");
  await symlink(join(folder, "nothing"), join(folder, "dead"));
  const wanted = path.startsWith("/") ? path : join(folder, path);
  await expect(makeFolder(wanted)).rejects.toThrow(new UsageError(`the folder ${wanted} cannot be made (${code})`));
});
