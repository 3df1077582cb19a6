import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyTargetProblem } from "../../../lib/results/copy-target.ts";
import { testFolder } from "../../support/worker.ts";

const RESULTS = "where the results are stored";

test.each([
  ["results", RESULTS],
  ["results/copies", `which is inside of STUDY/results, ${RESULTS}`],
  ["link-to-results/new/deeper", `which is inside of STUDY/results, ${RESULTS}`],
  [".", "which has the folder of the results itself, STUDY/results"],
  [".anamo", "which is anamo's own"],
  [".anamo/s3/copies", "which is inside of STUDY/.anamo, anamo's own folder"],
  ["other", "which has .anamo, anamo's own folder"],
  ["stack/copies", "which is inside of STUDY/stack, anamo's own folder"],
  ["file", "which is a file"],
  ["copies", undefined],
  ["new/copies", undefined],
  ["results-of-S1", undefined],
  ["..", undefined],
])("copies of results to %s: %s", async (target, problem) => {
  const study = join(await testFolder(), "study");
  for (const folder of ["results", ".anamo", "other/.anamo", "stack/dynamodb", "copies"]) {
    await mkdir(join(study, folder), { recursive: true });
  }
  await writeFile(join(study, "stack/dynamodb/last-used.json"), "{}");
  await writeFile(join(study, "file"), "");
  await symlink("results", join(study, "link-to-results"));
  const found = await copyTargetProblem(join(study, target), { folder: join(study, "results") });
  expect(found?.replaceAll(study, "STUDY")).toBe(problem);
});
