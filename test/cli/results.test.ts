import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addAll, runOne, stepItem } from "../support/depend.ts";
import { testTable } from "../support/env.ts";
import { anamoOn } from "../support/on-table.ts";
import { leaveResult } from "../support/results.ts";
import { testFolder } from "../support/worker.ts";

test("results are summed up by step, listed, copied and checked; a file that is not as recorded is named", async () => {
  const [table, folder] = [await testTable(), await testFolder()];
  const run = (...args: string[]) => anamoOn(table, ["results", ...args], { ANAMO_RESULTS: folder });
  expect((await run()).stdout).toBe(`nothing is stored in ${folder}\n`);
  await addAll(table, [stepItem("align/S1"), stepItem("align/S2"), stepItem("call/S1", { after: ["align"] })]);
  for (const id of ["align/S1", "align/S2"]) {
    await runOne(table, id);
    await leaveResult(table, { folder }, id, { "a.bam": "a".repeat(1_500), "qc/b\n.txt": "b" });
  }
  expect((await run()).stdout).toMatch(/^step +items +files +size\nalign +2 +4 +3\.0 kB\n\n3\.0 kB in \/.*\n$/);
  const { stdout } = await run("align/S1");
  expect(
    stdout
      .replaceAll(folder, "FOLDER")
      .split("\n")
      .map((line) => line.trim().replaceAll(/ +/g, " ")),
  ).toEqual([
    "align/S1 (sample S1, step align): 2 files, 1.5 kB, of attempt 1",
    "in FOLDER/align/S1/align%2FS1",
    "by echo align/S1",
    "sha256 size file",
    expect.stringMatching(/^[0-9a-f]{12} 1\.5 kB a\.bam$/),
    expect.stringMatching(/^[0-9a-f]{12} 1 B qc\/b.*\.txt$/),
    "",
  ]);
  const copies = await testFolder();
  expect(await run("--step", "align", "--get", copies)).toMatchObject({ exitCode: 0 });
  expect(String(await readFile(join(copies, "align/S2/align%2FS2/a.bam")))).toHaveLength(1_500);

  await writeFile(join(folder, "align/S2/align%2FS2/a.bam"), "A".repeat(1_500));
  const verified = await run("--sample", "S2", "--verify", "--json");
  expect(verified.exitCode).toBe(1);
  expect(JSON.parse(verified.stdout)).toMatchObject([
    {
      itemID: "align/S2",
      attempt: 1,
      files: [{ name: "a.bam", bytes: 1_500 }, { name: "qc/b\n.txt" }],
      problems: [expect.stringMatching(/a\.bam: expected the SHA-256 [0-9a-f]+, found /)],
    },
  ]);
  expect(await run("no-such-item")).toMatchObject({
    exitCode: 1,
    stderr: "anamo: there is no item no-such-item (for a sample: --sample NAME)\n",
  });
  expect((await anamoOn(table, ["show", "align/S1"])).stdout).toMatch(
    /^results {4}2 files, 1\.5 kB of attempt 1: {2}.*results align\/S1$/m,
  );
});

test("a folder of results that was moved is named as what is missing", async () => {
  const [table, dir] = [await testTable(), await testFolder()];
  const folder = join(dir, "results");
  await addAll(table, [stepItem("align/S1")]);
  await runOne(table, "align/S1");
  await leaveResult(table, { folder }, "align/S1", { a: "1" });
  await rename(folder, join(dir, "moved"));
  const { stdout, exitCode } = await anamoOn(table, ["results", "align/S1"], { ANAMO_RESULTS: folder });
  expect(exitCode).toBe(1);
  expect(stdout).toContain(`S1: there is no ${folder}; if it was moved, put it back\n`);
});
