import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { anamo, startAnamo } from "../support/anamo.ts";
import { linesOf, testFolder } from "../support/worker.ts";

const rows = (count: number, script: string) => Array.from({ length: count }, (_, n) => `I${n}\tS${n}\t${script}`);
const fileOf = async (folder: string, lines: readonly string[]) => {
  const file = join(folder, "tasks.tsv");
  await writeFile(file, `itemID\tTaskID\tTaskScript\n${lines.join("\n")}\n`);
  return file;
};

describe("anamo run of a list whose items all fail", () => {
  test("pauses the step and says how to continue; the next run says it again; --retry-failed continues", async () => {
    const folder = await testFolder();
    // the pipeline does not have this tool yet
    const file = await fileOf(folder, rows(30, `echo ran >>${folder}/ran; my-tool`));
    const args = ["run", file, "--dir", join(folder, "stack"), "--pipeline", folder, "--workers", "2"];
    const first = await anamo(args);
    expect(first.exitCode).toBe(1);
    const sentence =
      /step default has been paused since [\d:TZ.-]+: 2\d of the first 2\d items failed \(exit code 127\): fix it, then `anamo step resume default`\./;
    expect(first.stdout).toMatch(sentence);
    expect(first.stdout).toContain("--retry-failed");
    expect(first.stdout).toMatch(
      /failed, and waits: I\d+ \(sample S\d+, step default\): no-start, exit code 127\n.*my-tool/,
    );
    const { length } = await linesOf(join(folder, "ran"));
    expect(length).toBeGreaterThanOrEqual(20);
    expect(length).toBeLessThan(60);

    const again = await anamo([...args, "--json"]);
    expect(again.exitCode).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({
      items: { todo: 30, locked: 0, done: 0 },
      paused: { default: { trial: { cause: "no-start", exitCode: 127 } } },
    });

    await writeFile(join(folder, "my-tool"), "#!/bin/sh\n", { mode: 0o755 });
    const last = await anamo([...args, "--retry-failed"]);
    expect(last.stdout).toContain("step default is resumed\n");
    expect(last.stdout).toContain("All 30 items are done");
    expect(last.exitCode).toBe(0);
  });

  test("with --retry-list resumes the steps of a list of commands, and does not use up a list on stdin", async () => {
    const cwd = await testFolder();
    const lines = Array.from({ length: 6 }, (_, n) => `${cwd}/tool ${n}\n`);
    const env = { ANAMO_PAUSE_AFTER: "3" };
    await writeFile(join(cwd, "lines.txt"), lines.join(""));
    const commands = (list: string) => ["run", "--commands", list, "--max-attempts", "1"];
    expect((await anamo(commands("lines.txt"), { cwd, env })).stdout).toContain("step default has been paused since");
    await writeFile(join(cwd, "tool"), "#!/bin/sh\n", { mode: 0o755 });
    const piped = await anamo([...commands("/dev/stdin"), "--retry-list"], { cwd, env });
    expect(piped).toMatchObject({
      ...{ exitCode: 2, stdout: expect.not.stringContaining("resumed") },
      stderr: expect.stringContaining(
        "--retry-list: expected a file, which can be read twice, found /dev/stdin; a step is",
      ),
    });
    const last = await anamo([...commands("lines.txt"), "--retry-list"], { cwd, env });
    expect(last.stdout).toContain("step default is resumed\n");
    expect(last).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("All 6 items are done") });
  });

  test("succeeds once the list is fixed and run again with the options that the first run names", async () => {
    const folder = await testFolder();
    const args = ["run", await fileOf(folder, rows(6, "ecoh hello")), "--dir", join(folder, "stack")];
    const env = { ANAMO_PAUSE_AFTER: "3" };
    const first = await anamo(args, { env });
    expect(first.exitCode).toBe(1);
    expect(first.stdout).toContain(
      "with --retry-failed, whether the fault was in the list or in a file that the scripts call,",
    );
    await fileOf(folder, rows(6, "echo hello"));
    const last = await anamo([...args, "--retry-failed"], { env });
    expect(last.stdout).toContain("All 6 items are done");
    expect(last.stdout).not.toContain("ecoh");
    expect(last.exitCode).toBe(0);
  });

  test("tries all items if ANAMO_PAUSE_AFTER is 0", async () => {
    const folder = await testFolder();
    const file = await fileOf(folder, rows(25, "my-tool"));
    const args = ["run", file, "--dir", join(folder, "stack"), "--max-attempts", "1", "--json"];
    const { exitCode, stdout } = await anamo(args, { env: { ANAMO_PAUSE_AFTER: "0" } });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ items: { failed: 25 }, paused: {} });
  });
});

test("anamo stop ends a run, which says so; the same command continues it", async () => {
  const folder = await testFolder();
  const script = `echo ran >>${folder}/ran; until [ -e ${folder}/go ]; do sleep 0.1; done; [ -e ${folder}/fixedList ]`;
  const file = await fileOf(folder, rows(3, script));
  const dir = join(folder, ".anamo");
  const args = ["run", file, "--dir", dir, "--workers", "1", "--max-attempts", "1"];
  const run = startAnamo(args);
  await vi.waitFor(async () => expect(await linesOf(join(folder, "ran"))).not.toEqual([]), 60_000);
  const stopped = await anamo(["stop", "--yes", "--now", "--json"], { cwd: folder });
  expect(JSON.parse(stopped.stdout)).toMatchObject({ workers: { jobs: 0 }, locked: 1 });
  // a worker rereads the settings when an item fails; otherwise it would notice within 30 s
  await writeFile(join(folder, "go"), "");
  const { exitCode, stdout } = await run.result;
  expect(stdout).toContain("0 of 3 items are done, 1 failed, 2 left");
  expect(stdout).toMatch(/the table has been draining since .*: workers claim nothing\.\nThe same command continues\./);
  expect(exitCode).toBe(1);
  await writeFile(join(folder, "fixedList"), "");
  const last = await anamo([...args, "--retry-failed"]);
  expect(last.stdout).toContain("the table was drained; that is over\n");
  expect(last.stdout).toContain("All 3 items are done");
});
