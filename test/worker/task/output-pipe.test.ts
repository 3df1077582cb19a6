import { spawnSync } from "node:child_process";
import { closeSync, existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OutputPipe } from "../../../worker/task/output-pipe.ts";
import { testFolder } from "../../support/worker.ts";
import { readIfThere, until } from "./support.ts";

test.runIf(process.platform === "linux")(
  "a log that cannot be closed is a problem of the log, and does not throw",
  async () => {
    const folder = await testFolder();
    const [path, log, next] = ["pipe", "log", "next"].map((name) => join(folder, name)) as [string, string, string];
    expect(spawnSync("mkfifo", [path]).status).toBe(0);
    const pipe = new OutputPipe(path);
    pipe.begin(log);
    const long = "x".repeat(20_000);
    writeFileSync(path, long);
    await until(() => readIfThere(log) === long);
    // as NFS and quotas fail: only when the file is closed
    const fd = readdirSync("/proc/self/fd").find((name) => linkOf(`/proc/self/fd/${name}`) === log);
    closeSync(Number(fd));

    expect(pipe.end({ mayHoldMore: false })).toMatchObject({ problem: { code: "EBADF" } });

    pipe.begin(next);
    writeFileSync(path, "more\n");
    expect(pipe.end({ mayHoldMore: true })).toEqual({ rest: Buffer.from("more\n") });
    expect(existsSync(next)).toBe(false);
    pipe.close();
  },
);

test("output that outgrows memory is in the file from its first byte", async () => {
  const folder = await testFolder();
  const [path, log] = ["pipe", "log"].map((name) => join(folder, name)) as [string, string];
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  const pipe = new OutputPipe(path);
  pipe.begin(log);
  const pieces = Array.from({ length: 30 }, (_, n) => `${n}${"x".repeat(1_000)}\n`);
  for (const piece of pieces) {
    writeFileSync(path, piece);
    await new Promise(setImmediate);
  }
  expect(pipe.end({ mayHoldMore: true })).toEqual({});
  expect(readIfThere(log)).toBe(pieces.join(""));
  pipe.close();
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
