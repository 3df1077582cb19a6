import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, test, vi } from "vitest";
import { keepLog } from "../../../worker/task/keep-log.ts";
import type { TaskRunnerDeps } from "../../../worker/task/run-task.ts";
import { stoppedClock, testBucket, testEnv } from "../../support/env.ts";
import { testRunner, until } from "./support.ts";

/** Runs scripts and keeps their logs under an item of its own. */
function testKeeper(deps: TaskRunnerDeps = {}) {
  const { dir, run } = testRunner(deps);
  const { s3, bucket } = testBucket();
  const place = { step: "align", itemId: `item ${randomUUID()}`, taskKey: "Task_0", attempt: 2 };
  return {
    dir,
    place,
    run,
    s3,
    keep: async (script: string, more: Partial<Parameters<typeof keepLog>[1]> = {}) =>
      keepLog(await run(script), { openS3: async () => s3, bucket, ...place, ...more }),
    stored: async (key: string | undefined) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return gunzipSync((await Body?.transformToByteArray()) ?? "");
    },
  };
}

test("a log that looks like out of memory is mentioned in the message, and changes no cause", async () => {
  const { keep, run } = testKeeper();
  const script = "echo Traceback >&2; echo MemoryError >&2; exit 1";
  expect(await keep(script)).toMatchObject({ message: "looks like out of memory: MemoryError" });
  expect((await run(script)).outcome).toMatchObject({ cause: "exit", exitCode: 1 });
  expect(await keep("echo MemoryError >&2")).not.toHaveProperty("message");
});

describe("a short log", () => {
  test("stays on the row whole, with the tagged lines lifted out, and does not touch the bucket", async () => {
    const { keep, s3 } = testKeeper();
    s3.destroy();

    const kept = await keep("printf 'one\\nPyAnamo:\\tdepth 30\\n'; printf 'anamo:\\tslow\\nxanamo:\\tno' >&2", {
      bucket: "no-such-bucket",
    });

    expect(kept).toEqual({
      log: {
        stdout: "one\nPyAnamo:\tdepth 30\n",
        stderr: "anamo:\tslow\nxanamo:\tno",
        tagged: ["depth 30", "slow"],
      },
      logBytes: 44,
    });
  });

  test("of no bytes at all leaves no log", async () => {
    expect(await testKeeper().keep("true")).toEqual({ logBytes: 0 });
  });

  test("may be 2,048 bytes of both streams together", async () => {
    const { keep } = testKeeper();

    const kept = await keep("printf '%02000d' 1; printf '%048d' 2 >&2");

    expect(kept.logKeys).toBeUndefined();
    expect([kept.log?.stdout.length, kept.log?.stderr.length, kept.logBytes]).toEqual([2000, 48, 2048]);
  });

  test("may be no UTF-8", async () => {
    const { keep } = testKeeper();

    const kept = await keep("printf 'na\\xefve\\xff\\0'");

    expect(kept.log?.stdout).toBe("na\ufffdve\ufffd\0");
  });

  test("whose file the script removes keeps what is printed afterwards", async () => {
    const { keep } = testKeeper();

    const kept = await keep("rm -f ../*.out ../*.err; echo gone");

    expect(kept).toMatchObject({ log: { stdout: "gone\n" }, logBytes: 5 });
  });
});

describe("a long log", () => {
  test("goes gzipped to the bucket whole, and its tails stay on the row", async () => {
    const { keep, stored, place } = testKeeper();

    const kept = await keep("seq 1000; echo PyAnamo:$'\\t'done; seq 2000 4000 >&2");

    const folder = `logs/align/${encodeURIComponent(place.itemId)}/Task_0`;
    expect(kept.logKeys).toEqual({ stdout: `${folder}/2.log.gz`, stderr: `${folder}/2.err.gz` });
    const stdout = (await stored(kept.logKeys?.stdout)).toString();
    const stderr = (await stored(kept.logKeys?.stderr)).toString();
    expect(stdout).toMatch(/^1\n2\n[\d\n]*\n1000\nPyAnamo:\tdone\n$/);
    expect(stderr).toMatch(/^2000\n[\d\n]*\n4000\n$/);
    expect(kept.log).toEqual({ stdout: stdout.slice(-1024), stderr: stderr.slice(-1024), tagged: ["done"] });
    expect(kept.logBytes).toBe(stdout.length + stderr.length);
    expect(kept).not.toHaveProperty("message");
  });

  test("of one stream only is one object, and its tail has the room of both", async () => {
    const { keep } = testKeeper();

    const kept = await keep("seq 1000");

    expect(Object.keys(kept.logKeys ?? {})).toEqual(["stdout"]);
    expect(kept.log?.stdout).toHaveLength(2048);
  });

  test("with a short second stream keeps all of that one on the row", async () => {
    const { keep, stored } = testKeeper();

    const kept = await keep("seq 1000; echo oops >&2");

    expect(kept.log?.stderr).toBe("oops\n");
    expect(kept.log?.stdout).toHaveLength(2043);
    expect((await stored(kept.logKeys?.stderr)).toString()).toBe("oops\n");
  });

  test.each([
    ["characters of three bytes", "for ((i=0;i<1000;i++)); do printf …; done", /^…+$/],
    ["characters of four bytes", "for ((i=0;i<1000;i++)); do printf x🙂; done", /^(?:x?🙂)(?:x🙂)+$/u],
    ["bytes that are no characters", "head -c 5000 /dev/zero | tr '\\0' '\\377'", /^\ufffd+$/],
  ])("of %s is cut between them, and not above 2,048 bytes", async (_, script, shape) => {
    const { keep } = testKeeper();

    const { log } = await keep(script);

    expect(log?.stdout).toMatch(shape);
    expect(Buffer.byteLength(log?.stdout ?? "")).toBeLessThanOrEqual(2048);
    expect(Buffer.byteLength(log?.stdout ?? "")).toBeGreaterThan(2040);
  });

  test("of more than one part arrives whole", async () => {
    const { keep, stored } = testKeeper();

    const kept = await keep("head -c 12000000 /dev/urandom >bytes; cat bytes; sha256sum bytes >&2");

    const stdout = await stored(kept.logKeys?.stdout);
    expect(stdout).toHaveLength(12_000_000);
    expect(createHash("sha256").update(stdout).digest("hex")).toBe(kept.log?.stderr.slice(0, 64));
  });

  test.each([
    ["whose bucket is not there", { bucket: "no-such-bucket" }],
    ["whose storing is given up", { signal: AbortSignal.abort() }],
  ])("%s keeps its tails and tagged lines, and says so", async (_, more) => {
    const { keep } = testKeeper();

    const kept = await keep("seq 1000000; echo PyAnamo:$'\\t'kept", more);

    expect(kept.message).toMatch(/^stdout could not be stored: .+/);
    expect(kept.logKeys).toBeUndefined();
    expect(kept.log).toMatchObject({ stdout: expect.stringMatching(/\n1000000\nPyAnamo:\tkept\n$/), tagged: ["kept"] });
  });

  test("whose storing is given up half way leaves no parts in the bucket", async () => {
    const { keep, s3 } = testKeeper();
    const stop = new AbortController();
    const sent: unknown[] = [];
    const send = s3.send.bind(s3) as (...args: unknown[]) => Promise<never>;
    vi.spyOn(s3, "send").mockImplementation((...args: unknown[]) => {
      sent.push(args[0]);
      if (args[0] instanceof UploadPartCommand) stop.abort();
      return send(...args);
    });

    const kept = await keep("head -c 12000000 /dev/urandom; echo; echo anamo:$'\\t'kept", { signal: stop.signal });

    expect(kept.message).toMatch(/^stdout could not be stored: .+/);
    expect(kept.log?.tagged).toEqual(["kept"]);
    expect(sent).toEqual([
      expect.any(CreateMultipartUploadCommand),
      expect.any(UploadPartCommand),
      expect.any(AbortMultipartUploadCommand),
    ]);
  });

  test("that cannot be stored does not hide why the task failed", async () => {
    const clock = stoppedClock();
    const { dir, run, s3, place } = testKeeper(clock);
    const running = run("seq 1000; touch ../../printed; sleep 1000", { timeoutMs: 500 });
    await until(() => existsSync(join(dir, "printed")) && clock.dueInMs().length > 0);
    clock.advance(500);
    const ended = await running;

    const kept = await keepLog(ended, { openS3: async () => s3, bucket: "no-such-bucket", ...place });

    expect({ ...ended.outcome, ...kept }.message).toMatch(
      /^ran longer than its time-out of 0.5 s; stdout could not be stored: /,
    );
  });
});

test("a task that was never started has no log", async () => {
  const { s3, place, run } = testKeeper();
  const ended = await run("true", { signal: AbortSignal.abort("interrupted") });

  expect(await keepLog(ended, { openS3: async () => s3, bucket: "any", ...place })).toEqual({});
});

test("a task that prints 120 MB moves the worker's memory by less than 50 MB", async () => {
  const bench = join(import.meta.dirname, "../../../bench/log-memory.ts");
  const env = { ...process.env, ...testEnv(), NODE_OPTIONS: "" };

  const { stdout } = await promisify(execFile)(process.execPath, [bench, "120"], { env });

  const result = JSON.parse(stdout) as { printedBytes: number; grownMegabytes: number; storedBytes: number };
  expect(result.printedBytes).toBeGreaterThan(120e6);
  expect(result.storedBytes).toBeGreaterThan(4e6);
  expect(result.grownMegabytes).toBeLessThan(50);
});
