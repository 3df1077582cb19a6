import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { anamo } from "../support/anamo.ts";
import { testFolder } from "../support/worker.ts";

const WORKFLOW = `steps:
  count: { script: "wc -l < $PYANAMO/{file}", attempts: 1 }
  check: { after: count, script: "echo {sample} checked" }
  merge: { afterAll: check, script: "cat $SAMPLES > $PYANAMO/merged.txt" }
`;

async function studyFolder() {
  const folder = await testFolder();
  const [workflow, sheet] = [join(folder, "workflow.yml"), join(folder, "samples.csv")];
  await writeFile(workflow, WORKFLOW);
  await writeFile(sheet, "sample,file\nS1,samples.csv\nS2,none.txt\nS3\n");
  return { folder, workflow, sheet, dir: join(folder, "stack") };
}

test("a study with a failed sample and a bad row goes on with the same command once the sheet is fixed", async () => {
  const { folder, workflow, sheet, dir } = await studyFolder();
  const run = (...more: string[]) =>
    anamo(["run", workflow, sheet, "--dir", dir, "--pipeline", folder, "--workers", "1", ...more]);
  const first = await run();
  expect(first.exitCode).toBe(1);
  expect(first.stdout).toContain("failed: count-S2 (sample S2, step count): exit, exit code 1");
  expect(first.stdout).toContain("line 4: expected 2 fields (sample, file), found 1");
  // the command for the fixed rows also names the workflow file
  expect(first.stdout).toContain(`run ${workflow} ${join(dir, "rejected", "samples.rejected.csv")}`);
  expect(first.stdout).toContain("2 of 5 items are done, 1 failed, 2 blocked by failed ones, 1 row rejected");
  await writeFile(sheet, "sample,file\nS1,samples.csv\nS2,workflow.yml\nS3,samples.csv\n");
  const second = await run("--retry-failed", "--json");
  expect(second.exitCode).toBe(0);
  expect(JSON.parse(second.stdout)).toMatchObject({
    items: { done: 7, failed: 0, waiting: 0 },
    import: { imported: 2, rejected: 0 },
  });
  expect(await readFile(join(folder, "merged.txt"), "utf8")).toBe("S1\nS2\nS3\n");
});

test("plan shows what a workflow and a sheet would add, touches nothing, and exits with 1 for bad rows", async () => {
  const { folder, workflow, sheet } = await studyFolder();
  const env = { ANAMO_TABLE: "", AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
  const plan = (...args: string[]) => anamo(["plan", ...args], { cwd: folder, env });
  const text = await plan(workflow, sheet);
  expect(text).toMatchObject({ exitCode: 1, stderr: "" });
  expect(text.stdout).toContain("samples.csv: 3 samples in 3 rows (column sample), 5 items\n");
  expect(text.stdout).toMatch(/^merge +all of check +all +1 +1 +1 +0 +0$/m);
  expect(text.stdout).toContain("line 4: expected 2 fields (sample, file), found 1");
  expect(text.stdout).toContain("Nothing has run in this folder yet, and nothing was changed.");
  await writeFile(sheet, "sample,file\nS1,samples.csv\n");
  expect((await plan(workflow, sheet, "--mermaid")).stdout).toBe(
    'flowchart TD\n  s0["count<br>1 item"]\n  s1["check<br>1 item"]\n  s2["merge<br>1 item"]\n  s0 --> s1\n  s1 == "all" ==> s2\n',
  );
  const json = await plan(sheet, "--step", "align", "--script", "align.sh {sample}", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ samples: 1, steps: [{ step: "align", by: ["sample"], added: 1 }] });
});

test.each([
  [["a.csv", "b.csv"], /expected one list, found two, .*a\.csv and .*b\.csv; give them one after the other/],
  [["workflow.yml"], /expected a sample sheet behind the workflow file, such as .*workflow.yml samples.csv/],
  [["samples.csv", "workflow.yml"], /expected the workflow file first, then the sheet/],
  [["workflow.yml", "samples.csv", "--step", "x"], /--step: expected none with a workflow file, which names the steps/],
  [["workflow.yml", "samples.csv", "--script", "x"], /--script: expected none with a workflow file/],
  [["samples.csv", "--script", "x {sample}"], /--script: expected the name of the step with it: --step/],
  [
    ["samples.csv", "--step", "a", "--script", "x {smaple}"],
    /--script:1: step a: unknown column "smaple"; did you mean/,
  ],
  [["none.yml", "samples.csv"], /none.yml: file not found/],
  [["workflow.yml", "none.csv"], /none.csv: file not found/],
  [["workflow.yml", "workflow.yml"], /workflow.yml: the header on line 1: expected one column called sample/],
] as const)("wrong usage is one message: import %j", async (args, message) => {
  const { folder } = await studyFolder();
  const words = args.map((word) => (/\.(csv|yml)$/.test(word) ? join(folder, word) : word));
  const { exitCode, stderr } = await anamo(["import", ...words, "--dry-run"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(message) });
  expect(stderr).not.toContain("    at ");
});
