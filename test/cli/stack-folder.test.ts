import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { usualFolder } from "../../cli/stack-folder.ts";
import { anamo } from "../support/anamo.ts";
import { testFolder } from "../support/worker.ts";

test("a run in a subfolder uses the stack of the folder above, says so, and makes no second one", async () => {
  const folder = await testFolder();
  const below = join(folder, "lists", "today");
  await mkdir(below, { recursive: true });
  await writeFile(join(folder, "list.tsv"), "itemID\tTaskID\tTaskScript\na\tS\ttrue\n");
  await writeFile(join(folder, "more.tsv"), "itemID\tTaskID\tTaskScript\nb\tS\techo $PYANAMO\n");
  expect(await anamo(["run", join(folder, "list.tsv")], { cwd: folder })).toMatchObject({ exitCode: 0, stderr: "" });
  const { stdout, stderr } = await anamo(["run", join(folder, "list.tsv")], { cwd: below });
  expect(stdout).toContain("0 items imported, 1 there already");
  expect(stderr).toContain(
    "anamo: using the stack of a folder above, ../../.anamo (with ../.. as PYANAMO; for another one here: --dir .anamo)",
  );
  expect(await anamo(["run", join(folder, "more.tsv")], { cwd: below })).toMatchObject({ exitCode: 0 });
  expect((await anamo(["logs", "b"], { cwd: below })).stdout).toBe(`${folder}\n`);
  expect(usualFolder(below)).toBe("../../.anamo");
  await mkdir(join(below, ".anamo", "dynamodb"), { recursive: true });
  expect(usualFolder(below)).toBe(".anamo");
});
