import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { BIN, cleanEnv } from "../support/anamo.ts";
import { testFolder } from "../support/worker.ts";

/** Runs `anamo … | true`: the reader has gone before there is anything to read. */
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
  expect(await unread(["run", file, "--dir", join(folder, "stack")])).toEqual({
    exitCode: 130,
    stderr: "anamo: stopped; the same command continues from here\n",
  });
});

test("the same holds if stderr is not read either", async () => {
  const folder = await testFolder();
  const file = join(folder, "tasks.txt");
  await writeFile(file, "itemID|TaskID|TaskScript\nA|S1|sleep 600\n");
  expect(await unread(["run", file, "--dir", join(folder, "stack")], "2>&1")).toMatchObject({ exitCode: 130 });
  expect(await unread(["summary"], "2>&1")).toMatchObject({ exitCode: 2 });
});
