import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { lockHolder } from "../../local/folder-lock.ts";
import { anamo, BIN, cleanEnv, startAnamo } from "../support/anamo.ts";
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

describe("where a command finds no stack, it says why, and what to type", () => {
  test.for([
    [["summary"], "table", "--table", "ANAMO_TABLE"],
    [["launch"], "table", "--table", "ANAMO_TABLE"],
    [["stop", "--yes"], "table", "--table", "ANAMO_TABLE"],
    [["import", "tasks.txt"], "bucket", "--bucket", "ANAMO_BUCKET"],
  ] as const)("in a folder where nothing has run: %j", async ([args, what, option, variable]) => {
    const cwd = await testFolder();
    await writeFile(join(cwd, "tasks.txt"), "itemID|TaskID|TaskScript\nA|S1|true\n");
    expect(await anamo(args, { cwd })).toEqual({
      exitCode: 2,
      stdout: "",
      stderr:
        `anamo: no ${what} is named: nothing has run in this folder. Start with "anamo run FILE", or "anamo local up" ` +
        `in another terminal; for AWS, give ${option} or set ${variable}\n`,
    });
  });

  test("where ANAMO_LOCAL names a folder without a stack, whatever else is set", async () => {
    const env = { ANAMO_LOCAL: "/nowhere/.anamo" };
    const undo = 'ANAMO_LOCAL is /nowhere/.anamo, where there is no stack. Type eval "$(anamo local env --unset)"';
    const cwd = await testFolder();
    for (const args of [["items"], ["launch"], ["table", "check"]])
      expect(await anamo(args, { cwd, env })).toMatchObject({
        exitCode: 2,
        stderr: `anamo: no table is named: ${undo}, or give --table\n`,
      });
    const whole = { ...env, ANAMO_TABLE: "anamo", AWS_ENDPOINT_URL_DYNAMODB: "http://127.0.0.1:1" };
    expect((await anamo(["items"], { cwd, env: whole })).stderr).toBe(`anamo: nothing answers there: ${undo}\n`);
  });
});

test("commands without a table, and local env and down, use the stack of their folder or the one above", async () => {
  const cwd = await testFolder();
  const up = startAnamo(["local", "up"], { cwd });
  await vi.waitFor(async () => expect((await anamo(["local", "env"], { cwd })).exitCode).toBe(0), 60_000);
  expect(await anamo(["add", "S1", "--task", "NA1", "--script", "true"], { cwd })).toMatchObject({ exitCode: 0 });
  expect(JSON.parse((await anamo(["summary", "--json"], { cwd })).stdout).items.todo).toBe(1);
  const elsewhere = await anamo(["summary", "--table", "another"], { cwd });
  expect(elsewhere.exitCode).not.toBe(0);
  const [dir, below] = [join(cwd, ".anamo"), join(cwd, "lists")];
  await mkdir(below);
  const above = "anamo: using the stack of a folder above, ../.anamo";
  expect(await anamo(["items", "--ids"], { cwd: below })).toEqual({
    ...{ exitCode: 0, stdout: "S1\n", stderr: `${above}\n` },
  });
  const env = await anamo(["local", "env"], { cwd: below });
  expect(env).toMatchObject({ exitCode: 0, stderr: `${above}\n` });
  expect(variablesOf(env.stdout)).toMatchObject({ ANAMO_LOCAL: dir });
  await writeFile(join(below, "tasks.txt"), "itemID|TaskID|TaskScript\nA|S1|true\n");
  const refused = await anamo(["run", "tasks.txt"], { cwd: below });
  expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
  expect(refused.stderr).toContain(
    `anamo: ${dir} is in use by process ${up.child.pid}, "anamo local up": import into it with "anamo import FILE", ` +
      'or end it first with "anamo local down", or give another --dir\n',
  );
  expect(await anamo(["local", "down"], { cwd: below })).toEqual({
    ...{ exitCode: 0, stdout: "", stderr: `${above}\nThe stack in ${dir} is down.\n` },
  });
  expect((await up.result).exitCode).toBe(0);
});

/** The variables of a bash after `script`, with `anamo` as a command in it. */
async function shellAfter(script: string, env: Readonly<Record<string, string>>, cwd: string) {
  const { stdout, stderr } = await promisify(execFile)(
    "bash",
    ["--norc", "-c", `anamo() { "$NODE" "$BIN" "$@"; }\n${script}\necho "=== variables"; env`],
    { cwd, env: { ...cleanEnv({}), ...env, NODE: process.execPath, BIN } },
  );
  const [said = "", variables = ""] = stdout.split("=== variables\n");
  const lines = variables.split("\n").map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)]);
  return { said, stderr, variables: Object.fromEntries(lines) as Record<string, string> };
}

const AWS_SHELL = {
  ...{ AWS_ACCESS_KEY_ID: "AKIA0", AWS_SECRET_ACCESS_KEY: "secret", AWS_SESSION_TOKEN: "token" },
  ...{ AWS_PROFILE: "lab", AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-1" },
};

test("local env leaves a shell's AWS keys, profile and region alone, and anamo works; --unset undoes it", async () => {
  const cwd = await testFolder();
  const up = startAnamo(["local", "up", "--dir", "stack"], { cwd });
  const add = "anamo add S1 --task NA1 --script true && anamo items --ids";
  const here = await shellAfter(`eval "$(anamo local env --wait --dir stack)"; cd /; ${add}`, AWS_SHELL, cwd);
  expect(here).toMatchObject({ stderr: "", variables: AWS_SHELL });
  expect(here.said).toMatch(/\nS1\n$/);
  expect(here.variables).toMatchObject({ ANAMO_TABLE: "anamo", ANAMO_LOCAL: join(cwd, "stack") });
  const undo = 'eval "$(anamo local env --dir stack)"; eval "$(anamo local env --unset)"';
  const { variables } = await shellAfter(undo, AWS_SHELL, cwd);
  expect(variables).toMatchObject(AWS_SHELL);
  const left = Object.keys(variables).filter((name) => /^ANAMO_|^AWS_ENDPOINT/.test(name));
  expect(left).toEqual([]);
  up.child.kill("SIGINT");
  await up.result;
});

test("local env --aws sets keys for the AWS CLI too, says what it replaces, and --unset takes them away", async () => {
  const cwd = await testFolder();
  const up = startAnamo(["local", "up", "--dir", "stack"], { cwd });
  const set = 'eval "$(anamo local env --wait --dir stack --aws)"';
  const plain = await shellAfter(set, {}, cwd);
  expect(plain).toMatchObject({ stderr: "", variables: { AWS_ACCESS_KEY_ID: "S3RVER", AWS_REGION: "us-east-1" } });
  const replaced = await shellAfter(set, AWS_SHELL, cwd);
  expect(replaced.stderr).toBe(
    "anamo: this replaces AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE of the shell: " +
      "do it in a subshell, ( … ), to keep them\n",
  );
  expect(replaced.variables).toMatchObject({ AWS_ACCESS_KEY_ID: "S3RVER" });
  expect(replaced.variables).not.toHaveProperty("AWS_SESSION_TOKEN");
  const { variables } = await shellAfter(`${set}; eval "$(anamo local env --unset)"`, {}, cwd);
  const own = Object.keys(variables).filter((name) => /^ANAMO_|^AWS_/.test(name));
  expect(own.filter((name) => name !== "AWS_EC2_METADATA_DISABLED")).toEqual([]);
  up.child.kill("SIGINT");
  await up.result;
});

test("a shell that points to a local stack finds it again on other ports, and its table when it is down", async () => {
  const cwd = await testFolder();
  const dir = join(cwd, "stack");
  const first = startAnamo(["local", "up", "--dir", dir], { cwd });
  const { stdout } = await anamo(["local", "env", "--wait", "--dir", dir], { cwd });
  const env = { ...AWS_SHELL, ...variablesOf(stdout) };
  const elsewhere = { cwd: await testFolder(), env };
  expect(await anamo(["add", "S1", "--task", "NA1", "--script", "true"], elsewhere)).toMatchObject({ exitCode: 0 });
  const down = await anamo(["local", "down", "--dir", dir], { cwd });
  expect(down).toEqual({ exitCode: 0, stdout: "", stderr: `The stack in ${dir} is down.\n` });
  expect((await first.result).exitCode).toBe(0);
  expect((await anamo(["items", "--ids"], elsewhere)).stdout).toBe("S1\n");
  const second = startAnamo(["local", "up", "--dir", dir], { cwd });
  await anamo(["local", "env", "--wait", "--dir", dir], { cwd });
  expect((await anamo(["items", "--ids"], elsewhere)).stdout).toBe("S1\n");
  second.child.kill("SIGINT");
  await second.result;
});

test("local up that is told to stop while it is still starting stops", async () => {
  const dir = await testFolder();
  const up = startAnamo(["local", "up", "--dir", dir]);
  await vi.waitFor(async () => expect(await lockHolder(dir)).toBeDefined(), { timeout: 60_000, interval: 5 });
  up.child.kill("SIGTERM");
  expect(await up.result).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await lockHolder(dir)).toBeUndefined();
});

test("local down says when nothing is up, and leaves a run alone", async () => {
  const cwd = await testFolder();
  const dir = join(cwd, ".anamo");
  expect(await anamo(["local", "down"], { cwd })).toEqual({
    ...{ exitCode: 0, stdout: "", stderr: `No stack is up in ${dir}.\n` },
  });
  await writeFile(join(cwd, "tasks.txt"), "itemID|TaskID|TaskScript\nslow|S1|sleep 600\n");
  const run = startAnamo(["run", "tasks.txt"], { cwd });
  await vi.waitFor(async () => expect((await anamo(["local", "env"], { cwd })).exitCode).toBe(0), 60_000);
  const { exitCode, stderr } = await anamo(["local", "down"], { cwd });
  expect({ exitCode, stderr }).toEqual({
    ...{ exitCode: 2 },
    stderr: `anamo: ${dir} is in use by "anamo run": press Ctrl-C there, or type "kill ${run.child.pid}"\n`,
  });
  run.child.kill("SIGTERM");
  expect((await run.result).exitCode).toBe(130);
});
