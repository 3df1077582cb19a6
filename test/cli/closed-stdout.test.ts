import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { BIN, cleanEnv } from "../support/anamo.ts";
import { testFolder } from "../support/worker.ts";

/** Runs `anamo … | true`: the reader is gone before there is anything to read. */
async function unread(args: readonly string[], also = "") {
  const env = cleanEnv({ NODE: process.execPath, BIN });
  const script = `"$NODE" "$BIN" "$@" ${also} | true; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script, "bash", ...args], { env });
  return { exitCode: Number(stdout), stderr };
}

test("a command whose output is no longer read ends without a message", async () => {
  expect(await unread(["--help"])).toEqual({ exitCode: 0, stderr: "" });
});

test("a run whose output is no longer read releases its items, as after Ctrl-C", async () => {
  const folder = await testFolder();
  const file = join(folder, "tasks.txt");
  await writeFile(file, "itemID|TaskID|TaskScript\nA|S1|sleep 600\n");
  expect(await unread(["run", file, "--dir", join(folder, "stack"), "--workers", "1"])).toEqual({
    exitCode: 130,
    stderr: "anamo: stopped; the same command continues from here\n",
  });
});

test("the same holds if stderr is not read either", async () => {
  const folder = await testFolder();
  const file = join(folder, "tasks.txt");
  await writeFile(file, "itemID|TaskID|TaskScript\nA|S1|sleep 600\n");
  expect(await unread(["run", file, "--dir", join(folder, "stack"), "--workers", "1"], "2>&1")).toMatchObject({
    exitCode: 130,
  });
  expect(await unread(["summary"], "2>&1")).toMatchObject({ exitCode: 2 });
});

describe.runIf(existsSync("/dev/full"))("a command whose output does not fit on its disk says so in one line", () => {
  const full = "anamo: the output could not be written: its disk is full\n";

  async function onFullDisk(args: readonly string[], redirect = "> /dev/full", more: Record<string, string> = {}) {
    const env = cleanEnv({ NODE: process.execPath, BIN, ...more });
    const script = `"$NODE" "$BIN" "$@" ${redirect}; echo "$?"`;
    const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script, "bash", ...args], { env });
    return { exitCode: Number(stdout), stderr };
  }

  test.each([["--help"], ["--version"], ["items --help"], ["completion bash"]])("%s", async (args) => {
    expect(await onFullDisk(args.split(" "))).toEqual({ exitCode: 1, stderr: full });
  });

  test.each([["--json"], []])("run %s, which also stops", async (...more) => {
    const folder = await testFolder();
    const file = join(folder, "tasks.txt");
    await writeFile(file, "itemID|TaskID|TaskScript\nA|S1|true\n");
    const { exitCode, stderr } = await onFullDisk([
      "run",
      file,
      "--dir",
      join(folder, "stack"),
      "--workers",
      "1",
      ...more,
    ]);
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr).toContain(full);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("reset, whose change is made all the same", async () => {
    const folder = await testFolder();
    const file = join(folder, "tasks.txt");
    await writeFile(file, "itemID|TaskID|TaskScript\nA|S1|true\n");
    const dir = join(folder, "stack");
    expect(await onFullDisk(["run", file, "--dir", dir, "--workers", "1", "--quiet"], "> /dev/null")).toMatchObject({
      exitCode: 0,
    });
    const redirect = "> /dev/full";
    expect(await onFullDisk(["reset", "A", "--yes"], redirect, { ANAMO_LOCAL: dir })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(full),
    });
    const items = await onFullDisk(["items", "--state", "todo"], "| grep -q A", { ANAMO_LOCAL: dir });
    expect(items).toMatchObject({ exitCode: 0 });
  });

  test("but not if only stderr is on it", async () => {
    expect(await onFullDisk(["--version"], "2> /dev/full > /dev/null")).toMatchObject({ exitCode: 0 });
    expect(await onFullDisk(["nothing"], "2> /dev/full")).toMatchObject({ exitCode: 2 });
  });
});
