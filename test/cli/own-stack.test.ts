import { once } from "node:events";
import { access, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { lockFolder, lockHolder } from "../../local/folder-lock.ts";
import { anamo, startAnamo } from "../support/anamo.ts";
import { testFolder } from "../support/worker.ts";

const SOON = 60_000;
const LIST = "itemID\tTaskID\tTaskScript\tStep\ngood\tS1\techo fine\talign\nbad\tS2\techo why >&2; exit 3\talign\n";

/** A folder in which a run has ended: one item is done, one failed; `here` gives a command in it. */
async function afterRun() {
  const cwd = await testFolder();
  // a run costs as much as all looks in a test
  await cp(await theRun(), cwd, { recursive: true });
  const here = (args: string, env: Readonly<Record<string, string>> = {}) => anamo(args.split(" "), { cwd, env });
  return { cwd, here };
}

let ran: Promise<string> | undefined;

/** A folder as a run leaves it, for copying. */
function theRun(): Promise<string> {
  ran ??= mkdtemp(join(tmpdir(), "anamo-test-")).then((cwd) => runIn(cwd));
  return ran;
}

afterAll(async () => {
  if (ran) await rm(await ran, { recursive: true });
});

async function runIn(cwd: string, more: readonly string[] = []): Promise<string> {
  await writeFile(join(cwd, "tasks.tsv"), LIST);
  const { exitCode } = await anamo(["run", "tasks.tsv", "--max-attempts", "1", ...more], { cwd });
  expect(exitCode).toBe(1);
  return cwd;
}

describe("after a run has ended, without a stack", () => {
  test("commands that look say the same as while it ran, and nothing else", async () => {
    const { here } = await afterRun();
    const summary = await here("summary --json");
    expect(summary).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(summary.stdout).items).toMatchObject({ done: 1, failed: 1 });
    expect(await here("items --state failed --ids")).toEqual({ exitCode: 0, stdout: "bad\n", stderr: "" });
    expect(await here("logs bad --stderr")).toMatchObject({ exitCode: 0, stdout: "why\n" });
    expect(JSON.parse((await here("show bad --json")).stdout)).toMatchObject({ state: "failed", exitCode: 3 });
    expect(JSON.parse((await here("jobs --json")).stdout)).toMatchObject({ locked: 0 });
    expect((await here("step list")).stdout).toMatch(/align +active/);
    const csv = await here("summary --by-sample --csv");
    expect(csv).toMatchObject({ exitCode: 0, stderr: "" });
    expect(csv.stdout).toContain("S1");
    // wrong arguments are found without a stack
    const wrong = await here("watch --every x");
    expect(wrong).toMatchObject({ exitCode: 2, stdout: "" });
    expect(wrong.stderr).toMatch(/^error: option '--every/);
  });

  test("an import keeps its rejected rows in the folder, as nobody can download them afterwards", async () => {
    const { cwd, here } = await afterRun();
    await writeFile(join(cwd, "more.tsv"), "itemID\tTaskID\tTaskScript\nnew\tS3\ttrue\nwrong\t\ttrue\n");
    const { exitCode, stdout, stderr } = await here("import more.tsv");
    // nobody works here once the command has ended
    expect(stderr).toMatch(/^then: .*anamo (run|local up)/m);
    const kept = join(cwd, ".anamo", "rejected", "more.rejected.tsv");
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`fix them in ${kept}, then import them:\n  `);
    expect(stdout).toContain(` import ${kept}\n`);
    expect(await readFile(kept, "utf8")).toBe("itemID\tTaskID\tTaskScript\nwrong\t\ttrue\n");
  });

  test("commands that change do so, and a later command sees it", async () => {
    const { cwd, here } = await afterRun();
    const states = async () => JSON.parse((await here("summary --json")).stdout).items;
    const run = ["run", "tasks.tsv", "--max-attempts", "1"];
    await writeFile(join(cwd, ".anamo", "progress", "run.json"), JSON.stringify(run));
    const again = `anamo ${run.join(" ")}`;
    const reset = await here("reset bad --yes");
    expect(reset).toEqual({ exitCode: 0, stdout: "1 item reset\n", stderr: `then: ${again}\n` });
    const explained = await here("explain bad");
    expect(explained.stdout).toMatch(new RegExp(`^ {4}${again} +# run what is left$`, "m"));
    expect(explained.stdout).not.toMatch(/local up|Batch/);
    expect(await here("hold bad --yes")).toMatchObject({ exitCode: 0 });
    expect(await states()).toMatchObject({ held: 1, failed: 0 });
    expect(await here("release bad --yes")).toMatchObject({ exitCode: 0 });
    expect(await here("step pause align")).toMatchObject({ exitCode: 0 });
    expect((await here("step list")).stdout).toMatch(/align +paused/);
    expect(await here("step resume align")).toMatchObject({ exitCode: 0 });
    expect(await here("add more --task S3 --script true")).toMatchObject({ exitCode: 0 });
    await writeFile(join(cwd, "more.tsv"), "itemID\tTaskID\tTaskScript\nother\tS4\ttrue\n");
    expect((await here("import more.tsv")).stdout).toContain("1 item imported");
    expect(await here("delete other --yes")).toMatchObject({ exitCode: 0 });
    expect(await states()).toMatchObject({ todo: 2, done: 1 });
  });

  test("watch looks once and says why; with --count it looks that often", async () => {
    const { here } = await afterRun();
    const once = await here("watch --json");
    expect(once).toMatchObject({ exitCode: 0, stderr: "anamo: nothing runs in this folder: one look\n" });
    expect(once.stdout.trim().split("\n")).toHaveLength(1);
    const twice = await here("watch --json --count 2 --every 0.1");
    expect(twice.stdout.trim().split("\n")).toHaveLength(2);
  });

  test("several at once wait for each other, and leave the folder free", async () => {
    const { cwd } = await afterRun();
    const all = await Promise.all(
      ["items", "summary", "jobs"].map((name) => startAnamo([name, "--json"], { cwd }).result),
    );
    expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    // on a slow machine they report that they wait
    for (const { stderr } of all) expect(stderr).toMatch(/^(anamo: waiting for process \d+, which uses .*\n)*$/);
    expect(await lockHolder(join(cwd, ".anamo"))).toBeUndefined();
    expect((await anamo(["local", "env"], { cwd })).exitCode).toBe(2);
  });

  test("with a region, a bucket or a table named, the one of the folder is not used", async () => {
    const { here } = await afterRun();
    const missing = { exitCode: 2, stdout: "", stderr: expect.stringContaining("no table is named") };
    expect(await here("summary --region eu-west-1")).toMatchObject(missing);
    expect(await here("add X --task S --script true -r eu-west-1")).toMatchObject(missing);
    expect(await here("delete good --yes -reu-west-1")).toMatchObject(missing);
    expect((await here("summary --table cohort1")).stderr).toContain("no region is named");
    expect((await here("import tasks.tsv --bucket lab-data")).stderr).toContain("no region is named");
    expect((await here("import tasks.tsv -blab-data")).stderr).toContain("no region is named");
  });

  test("a shell for AWS is told which table is used; the result stays as it is", async () => {
    const { here } = await afterRun();
    const env = { AWS_PROFILE: "lab", AWS_ACCESS_KEY_ID: "AKIA0", AWS_SECRET_ACCESS_KEY: "x", AWS_SESSION_TOKEN: "y" };
    const { exitCode, stdout, stderr } = await here("items --state done --ids", env);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "good\n" });
    expect(stderr).toBe(
      "anamo: the table in .anamo (for one on AWS, which AWS_PROFILE suggests: --table or ANAMO_TABLE)\n",
    );
  });

  test("where a variable names a table, the folder is left out, and a line says so", async () => {
    const { here } = await afterRun();
    const { exitCode, stderr } = await here("summary", { ANAMO_TABLE: "cohort1" });
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/^anamo: table cohort1 \(ANAMO_TABLE\) on AWS, not the one in \.anamo\n/);
  });

  test("work, launch and stop need a stack that stays up", async () => {
    const { here } = await afterRun();
    for (const args of ["work", "launch", "stop --yes"])
      expect(await here(args)).toMatchObject({
        exitCode: 2,
        stderr:
          'anamo: no table is named: the stack in .anamo is not up. Start it in another terminal with "anamo local up"; ' +
          "for AWS, give --table or set ANAMO_TABLE\n",
      });
  });
});

test("the table that the last run used is the one that is looked at", async () => {
  const cwd = await runIn(await testFolder(), ["--table", "cohort1"]);
  expect(JSON.parse((await anamo(["summary", "--json"], { cwd })).stdout)).toMatchObject({
    ...{ table: "cohort1", items: { done: 1, failed: 1 } },
  });
});

test("a folder with no table gets none by a look", async () => {
  const cwd = await testFolder();
  expect(await anamo(["summary"], { cwd })).toMatchObject({ exitCode: 2 });
  await expect(access(join(cwd, ".anamo"))).rejects.toThrow();
});

test("a run waits for a query to end; a query waits for a run that is starting, then uses its stack", async () => {
  const { cwd } = await afterRun();
  const dir = join(cwd, ".anamo");
  const unlock = await lockFolder(dir, "query");
  const run = startAnamo(["run", "tasks.tsv"], { cwd });
  let said = "";
  run.child.stderr.on("data", (text) => {
    said += text;
  });
  await vi.waitFor(() => expect(said).toContain(`waiting for process ${process.pid}, which uses ${dir}`), SOON);
  await unlock();
  expect((await run.result).exitCode).toBe(1);
  const asRun = await lockFolder(dir, "run");
  const items = startAnamo(["items", "--ids"], { cwd });
  let heard = "";
  items.child.stderr.on("data", (text) => {
    heard += text;
  });
  await vi.waitFor(() => expect(heard).toContain("which starts or ends the stack"), SOON);
  await asRun();
  expect((await items.result).stdout.split("\n").sort()).toEqual(["", "bad", "good"]);
});

test("a query that is killed does not keep the folder", async () => {
  const { cwd } = await afterRun();
  const watch = startAnamo(["watch", "--count", "100000", "--json"], { cwd });
  await once(watch.child.stdout, "data");
  expect(await lockHolder(join(cwd, ".anamo"))).toMatchObject({ pid: watch.child.pid, use: "query" });
  watch.child.kill("SIGKILL");
  await watch.result;
  expect((await anamo(["items", "--ids"], { cwd })).stdout.split("\n").sort()).toEqual(["", "bad", "good"]);
});

test("a watch beside a run ends with it, shows what it left and says so", async () => {
  const cwd = await testFolder();
  await writeFile(
    join(cwd, "tasks.tsv"),
    'itemID\tTaskID\tTaskScript\nA\tS1\tuntil [ -e "$GO" ]; do sleep 0.1; done\n',
  );
  const go = join(cwd, "go");
  const run = startAnamo(["run", "tasks.tsv"], { cwd, env: { GO: go } });
  await vi.waitFor(() => access(join(cwd, ".anamo", "stack.json")), SOON);
  const watch = startAnamo(["watch", "--json", "--every", "0.1"], { cwd });
  await once(watch.child.stdout, "data");
  await writeFile(go, "");
  const { exitCode, stdout, stderr } = await watch.result;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "anamo: the run has ended\n" });
  const looks = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).items);
  expect(looks[0]).toMatchObject({ done: 0 });
  expect(looks.at(-1)).toMatchObject({ done: 1, todo: 0, locked: 0 });
  expect(await run.result).toMatchObject({ exitCode: 0 });
});
