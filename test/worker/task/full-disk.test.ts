import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, onTestFinished, test } from "vitest";
import { keepLog } from "../../../worker/task/keep-log.ts";
import { testBucket } from "../../support/env.ts";
import { testRunner } from "./support.ts";

const canMount =
  process.getuid?.() === 0 && spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

/** Runs scripts on their own disk of 2 MB. */
function smallDisk() {
  const disk = mkdtempSync(join(tmpdir(), "anamo-full-test-"));
  expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "none", disk]).status).toBe(0);
  onTestFinished(() => {
    expect(spawnSync("umount", [disk]).status).toBe(0);
    rmdirSync(disk);
  });
  const { run } = testRunner();
  const { s3, bucket } = testBucket();
  const place = { step: "align", itemId: `item ${randomUUID()}`, taskKey: "Task_0", attempt: 1 };
  return {
    disk,
    keep: async (script: string, env: Record<string, string> = {}) => {
      const ended = await run(script, { scratchParent: disk, env });
      return { ...ended.outcome, ...(await keepLog(ended, { openS3: async () => s3, bucket, ...place })) };
    },
    stored: async (key: string | undefined) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return gunzipSync((await Body?.transformToByteArray()) ?? "").toString("latin1");
    },
  };
}

// needs root, to mount a small disk
describe.runIf(canMount)("a script that fills the disk of its scratch folder", () => {
  test("keeps its log, and its message names the folder", async () => {
    const { disk, keep } = smallDisk();

    const kept = await keep("echo begun; head -c 9000000 /dev/zero > big");

    expect(kept).toMatchObject({ cause: "exit", exitCode: 1, message: `the disk of ${disk} is full` });
    expect(kept.log?.stdout).toBe("begun\n");
    expect(kept.log?.stderr).toContain("No space left on device");
  });

  test("or of its results has a message that names the folder", async () => {
    const { disk } = smallDisk();
    // where $OUT is in a folder of results
    const OUT = join(disk, ".staging", "item.Task_0.1.out");
    mkdirSync(OUT, { recursive: true });

    const { outcome } = await testRunner().run("head -c 9000000 /dev/zero > $OUT/big", { env: { OUT } });

    expect(outcome).toMatchObject({ cause: "exit", exitCode: 1, message: `the disk of ${disk} is full` });
  });

  test("keeps what it prints after it has noticed", async () => {
    const { disk, keep } = smallDisk();

    const kept = await keep("head -c 9000000 /dev/zero > big || true; echo survived; exit 3");

    expect(kept).toMatchObject({ exitCode: 3, message: `the disk of ${disk} is full`, log: { stdout: "survived\n" } });
  });

  test("keeps a long log whole, in order", async () => {
    const { keep, stored } = smallDisk();

    const kept = await keep("seq 10000; head -c 9000000 /dev/zero > big || true; seq 10001 20000; exit 3");

    const lines = Array.from({ length: 20_000 }, (_, n) => `${n + 1}\n`).join("");
    expect(kept.logBytes).toBe(lines.length + (kept.log?.stderr.length ?? 0));
    expect(await stored(kept.logKeys?.stdout)).toBe(lines);
  });

  test("by its output keeps the beginning and the end, and says how much is missing in between", async () => {
    const { keep, stored } = smallDisk();

    const kept = await keep("seq 1000000; echo why >&2; exit 3");

    expect(kept.message).toMatch(/^the disk of .* is full$/);
    expect(kept.log?.stderr).toBe("why\n");
    const log = await stored(kept.logKeys?.stdout);
    expect(log.startsWith("1\n2\n3\n")).toBe(true);
    expect(log.endsWith("999999\n1000000\n")).toBe(true);
    expect(log).toMatch(/\n\[anamo: \d+ bytes are missing here: full disk\]\n/);
  });

  test("and succeeds is done, without a message", async () => {
    expect(await smallDisk().keep("head -c 9000000 /dev/zero > big || true; rm big; echo fine")).toMatchObject({
      exitCode: 0,
      log: { stdout: "fine\n" },
    });
  });

  test("of the pipeline's folder learns that from the message", async () => {
    const { disk } = smallDisk();
    const { run } = testRunner();

    const { outcome } = await run("head -c 9000000 /dev/zero > $PYANAMO/big", { env: { PYANAMO: disk } });

    expect(outcome.message).toBe(`the disk of ${disk} is full`);
  });
});

test("a script that fails for another reason gets no message about a disk", async () => {
  const { run } = testRunner();

  expect((await run("exit 3")).outcome.message).toBeUndefined();
});
