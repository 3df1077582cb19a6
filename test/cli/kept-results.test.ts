import { existsSync } from "node:fs";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openResults } from "../../lib/results/open.ts";
import { removeUnneeded } from "../../lib/retention/remove-unneeded.ts";
import { openTable } from "../../lib/table.ts";
import { addAll, runOne, statesNow, stepItem } from "../support/depend.ts";
import { testTable } from "../support/env.ts";
import { itemNow } from "../support/items.ts";
import { anamoOn } from "../support/on-table.ts";
import { leaveResult } from "../support/results.ts";
import { testFolder, testWorker } from "../support/worker.ts";

test("results that nobody needs are removed, told, missed once only, and made again with reset --preceding", async () => {
  const [table, folder] = [await testTable(), await testFolder()];
  const run = (...args: string[]) => anamoOn(table, args, { ANAMO_RESULTS: folder });
  await addAll(table, [
    stepItem("trim/S1"),
    stepItem("align/S1", { after: ["trim"], inputs: ["trim"] }),
    stepItem("call/S1", { after: ["align"], inputs: ["align"] }),
  ]);
  for (const step of ["trim", "align"]) {
    const keep = await run("step", "keep", step, "until-followers-done");
    expect(keep.stdout).toBe(
      `Results of step ${step} stay until all that follows is done; then the sweep removes them.\n`,
    );
  }
  expect((await run("step", "list")).stdout).toMatch(/^align +active +until-followers-done$/m);
  for (const id of ["trim/S1", "align/S1", "call/S1"]) {
    await runOne(table, id);
    await leaveResult(table, { folder }, id, { "a.bam": id });
  }
  // a sweep rereads the settings, which the commands have changed
  const sweep = openTable(table.name, table.db);
  await removeUnneeded(sweep, () => openResults({ folder }, () => Promise.reject(new Error("not S3"))));
  expect((await run("results")).stdout.replaceAll(/ +/g, " ")).toMatch(
    /align 0 0 0 B 1 until-followers-done\ncall 1 1 7 B 0 forever\ntrim 0 0 0 B 1 until-followers-done\n/,
  );
  expect((await run("results", "align/S1")).stdout).toMatch(
    /^align\/S1 .*1 file, 8 B, of attempt 1; removed at [\d:TZ.-]+: nothing needed it any more\n {2}by echo align\/S1\n$/,
  );
  expect((await run("results", "--sample", "S1", "--verify")).exitCode).toBe(0);
  expect((await run("explain", "align/S1")).stdout).toContain("Its results were removed at");
  expect((await run("explain", "call/S1")).stdout).toContain("It left 1 file in $OUT, 7 bytes.");

  const [study, sheet] = [join(folder, "study.yml"), join(folder, "samples.csv")];
  await writeFile(
    study,
    "steps:\n  align: { script: 'a {sample}' }\n  qc: { after: align, inputs: align, script: 'b {sample}' }\n",
  );
  await writeFile(sheet, "sample\nS1\n");
  expect((await run("plan", study, sheet)).stdout).toContain(
    "The results of 2 items were removed (keep: until-followers-done), and items that would start need them. To make them again first:\n  anamo reset align/S1 --preceding\n",
  );
  expect((await run("reset", "call/S1", "--dry-run")).stdout).toMatch(
    /\nthe results of 2 items before that were removed: to make them again, too, add --preceding\n$/,
  );
  const alone = await run("reset", "call/S1", "--yes");
  expect(alone.stdout).toBe(
    '1 item reset\nthe results of 2 items before that were removed: make them again, too, with "anamo reset call/S1 --preceding"\n',
  );
  const { worker } = await testWorker(table, { results: { folder } });
  expect(await worker.run()).toMatchObject({ claimed: 1, ended: { failed: 1 } });
  expect((await itemNow(table, "call/S1")).outcome?.message).toContain("reset call/S1 --preceding");
  const why = (await run("explain", "call/S1")).stdout;
  expect(why).toMatch(/\n +anamo reset --preceding call\/S1 .*# make what it needs again, then start it over\n$/);
  expect(why).not.toContain("logs");
  const all = JSON.parse((await run("reset", "call/S1", "--preceding", "--yes", "--json")).stdout);
  expect(all.items.map(({ itemID }: { itemID: string }) => itemID)).toEqual(["trim/S1", "align/S1", "call/S1"]);
  expect(await statesNow(table, "trim/S1", "align/S1", "call/S1")).toEqual({
    "trim/S1": "todo",
    "align/S1": "waiting",
    "call/S1": "waiting",
  });
});

test("results --get keeps modes and what others put there, and removes what its own last copy left", async () => {
  const [table, folder, to] = [await testTable(), await testFolder(), await testFolder()];
  const run = (...args: string[]) => anamoOn(table, ["results", ...args], { ANAMO_RESULTS: folder });
  await addAll(table, [stepItem("align/S1"), stepItem("align/S2")]);
  await runOne(table, "align/S1");
  await leaveResult(table, { folder }, "align/S1", { tool: "#!/bin/sh", old: "1" });
  await chmod(join(folder, "align/S1/align%2FS1/tool"), 0o755);
  expect((await run("align/S1", "--get", to)).exitCode).toBe(0);
  const copy = join(to, "align/S1/align%2FS1");
  expect((await stat(join(copy, "tool"))).mode & 0o777).toBe(0o755);
  await writeFile(join(copy, "notes.txt"), "mine");
  await leaveResult(table, { folder }, "align/S1", { tool: "#!/bin/bash" });
  expect((await run("align/S1", "--get", to)).exitCode).toBe(0);
  expect(existsSync(join(copy, "old"))).toBe(false);
  expect([await readFile(join(copy, "tool"), "utf8"), await readFile(join(copy, "notes.txt"), "utf8")]).toEqual([
    "#!/bin/bash",
    "mine",
  ]);
});

test("results --get rejects an empty name, the folder of results, and one that cannot be made; an unknown sample has exit code 1", async () => {
  const [table, folder] = [await testTable(), await testFolder()];
  const run = (...args: string[]) => anamoOn(table, ["results", ...args], { ANAMO_RESULTS: folder });
  await addAll(table, [stepItem("align/S1"), stepItem("align/S2")]);
  await runOne(table, "align/S1");
  await leaveResult(table, { folder }, "align/S1", { a: "1" });
  expect(await run("align/S1", "--get", "")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--get") });
  expect(await run("align/S1", "--get", join(folder, "copies"))).toMatchObject({
    exitCode: 2,
    stderr: `anamo: results: --get: expected a folder for copies only, found "${folder}/copies", which is inside of ${folder}, where the results are stored\n`,
  });
  const proc = await run("align/S1", "--get", "/proc/anamo");
  expect(proc.exitCode).toBe(1);
  expect(proc.stdout).toContain("cannot be created");
  const unknown = await run("--sample", "S9");
  expect(unknown.exitCode).toBe(1);
  expect(unknown.stderr).toBe(`anamo: there is no item of sample S9 in ${table.name}\n`);
  expect(await run("--sample", "S2")).toMatchObject({ exitCode: 0, stdout: "no results\n" });
});
