import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { anamo, startAnamo } from "../support/anamo.ts";
import { testFolder } from "../support/worker.ts";

/** Reads `export NAME='value'` lines. */
function variablesOf(lines: string): Record<string, string> {
  return Object.fromEntries(
    [...lines.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
}

test("while the stack is up, import, work and summary do in three steps what run does in one", async () => {
  const folder = await testFolder();
  const dir = join(folder, "stack");
  const file = join(folder, "qc.txt");
  await writeFile(file, "itemID|TaskID|TaskScript\nA|S1|seq 2\nB|S2|exit 3\n");
  const up = startAnamo(["local", "up", "--dir", dir]);
  const env = await vi.waitFor(async () => {
    const { exitCode, stdout } = await anamo(["local", "env", "--dir", dir]);
    expect(exitCode).toBe(0);
    return variablesOf(stdout);
  }, 60_000);
  expect(env.AWS_ENDPOINT_URL_S3).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const imported = await anamo(["import", file, "--step", "qc"], { env });
  expect(imported).toMatchObject({ exitCode: 0, stderr: "" });
  expect(imported.stdout).toContain("2 items imported");
  const worked = await anamo(["work", "-i", "2", "--max-attempts", "1"], { env });
  expect(worked).toMatchObject({ exitCode: 0, stderr: "" });
  expect(worked.stdout).toMatch(/\n1 item done, 1 failed in [\d.]+ m?s\.\n$/);
  const summary = await anamo(["summary", "--json"], { env });
  expect(JSON.parse(summary.stdout)).toMatchObject({
    steps: { qc: { items: { done: 1, failed: 1 } } },
    failures: { byCause: { exit: 1 }, newest: [{ itemID: "B", taskID: "S2", exitCode: 3 }] },
  });
  expect((await anamo(["summary"], { env })).stdout).toContain("newest failures");
  up.child.kill("SIGINT");
  expect((await up.result).exitCode).toBe(0);
  const gone = await anamo(["local", "env", "--dir", dir]);
  expect(gone.exitCode).toBe(2);
  expect(gone.stderr).toContain("no stack is up");
});

test("local env --wait waits for a stack that is starting, so that both lines can be pasted together", async () => {
  const dir = join(await testFolder(), "my stack");
  const waiting = startAnamo(["local", "env", "--wait", "--dir", dir]);
  const up = startAnamo(["local", "up", "--dir", dir]);
  const { exitCode, stdout } = await waiting.result;
  expect(exitCode).toBe(0);
  expect(variablesOf(stdout)).toMatchObject({ ANAMO_TABLE: "anamo" });
  up.child.kill("SIGINT");
  await up.result;
});

test("without a table, a command says how to name one", async () => {
  const { exitCode, stderr } = await anamo(["summary"]);
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    'anamo: no table is named: give --table, set ANAMO_TABLE, or start the stack of this folder with "anamo local up"\n',
  );
});

test("without a table, a command uses the stack that is up in its folder", async () => {
  const cwd = await testFolder();
  const up = startAnamo(["local", "up"], { cwd });
  await vi.waitFor(async () => expect((await anamo(["local", "env"], { cwd })).exitCode).toBe(0), 60_000);
  expect(await anamo(["add", "S1", "--task", "NA1", "--script", "true"], { cwd })).toMatchObject({ exitCode: 0 });
  expect(JSON.parse((await anamo(["summary", "--json"], { cwd })).stdout).items.todo).toBe(1);
  const elsewhere = await anamo(["summary", "--table", "another"], { cwd });
  expect(elsewhere.exitCode).not.toBe(0);
  up.child.kill("SIGINT");
  expect((await up.result).exitCode).toBe(0);
});
