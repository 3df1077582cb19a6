import { spawnSync } from "node:child_process";
import { closeSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
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
    writeFileSync(path, "hello\n");
    await until(() => readIfThere(log) === "hello\n");
    // as NFS and quotas fail: only when the file is closed
    const fd = readdirSync("/proc/self/fd").find((name) => linkOf(`/proc/self/fd/${name}`) === log);
    closeSync(Number(fd));

    expect(pipe.end(false)).toMatchObject({ problem: { code: "EBADF" } });

    pipe.begin(next);
    writeFileSync(path, "more\n");
    expect(pipe.end(true)).toEqual({});
    expect(readFileSync(next, "utf8")).toBe("more\n");
    pipe.close();
  },
);

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
