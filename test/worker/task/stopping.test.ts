import { spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { stoppedClock } from "../../support/env.ts";
import { GRANDCHILDREN, isRunning, readIfThere, startWithPids, testRunner, until } from "./support.ts";

describe("a task that is stopped", () => {
  test("by its time-out ends with all its children", async () => {
    const clock = stoppedClock();
    const tools = testRunner(clock);
    const { ended, pids } = startWithPids(tools, GRANDCHILDREN, 3, { timeoutMs: 1_000 });
    const running = await pids;

    await until(() => clock.dueInMs().includes(1_000));
    clock.advance(1_000);

    const { outcome } = await ended;

    expect(outcome).toMatchObject({
      cause: "timeout",
      signal: "SIGTERM",
      exitCode: 143,
      message: "ran longer than its time-out of 1 s",
    });
    await until(() => !running.some(isRunning));
  });

  test.each([
    ["interrupted", "interrupted"],
    ["lease-lost", "lost"],
  ])("as the worker is %s ends with cause %s", async (reason, cause) => {
    const tools = testRunner();
    const { ended, pids, controller } = startWithPids(tools, GRANDCHILDREN, 3);
    const running = await pids;

    controller.abort(reason);

    expect((await ended).outcome).toMatchObject({ cause, signal: "SIGTERM" });
    await until(() => !running.some(isRunning));
  });

  test("may end by itself in the grace period, and counts as stopped whatever its exit code is", async () => {
    const tools = testRunner();
    const script = "trap 'echo saved; exit 0' TERM; echo $$ >>pids; sleep 1000 & wait";
    const { ended, pids, controller } = startWithPids(tools, script, 1);
    await pids;

    controller.abort("interrupted");

    const { outcome, stdout } = await ended;
    expect([outcome.cause, outcome.exitCode, stdout]).toEqual(["interrupted", 0, "saved\n"]);
  });

  test("is killed after the grace period with its children if it ignores SIGTERM", async () => {
    const clock = stoppedClock();
    const tools = testRunner(clock);
    const script = `trap '' TERM; ${GRANDCHILDREN}`;
    const { ended, pids, controller } = startWithPids(tools, script, 3, { graceMs: 50 });
    const running = await pids;

    controller.abort("interrupted");
    await until(() => clock.dueInMs().includes(50));
    clock.advance(49);
    expect(running.filter(isRunning)).toEqual(running);
    clock.advance(1);

    expect((await ended).outcome).toMatchObject({ cause: "interrupted", signal: "SIGKILL", exitCode: 137 });
    await until(() => !running.some(isRunning));
  });

  test("keeps its first reason", async () => {
    const clock = stoppedClock();
    const tools = testRunner(clock);
    const script = "trap '' TERM; echo $$ >>pids; while :; do sleep 0.01; done";
    const { ended, pids, controller } = startWithPids(tools, script, 1, { timeoutMs: 1_500, graceMs: 3_000 });
    await pids;

    controller.abort("interrupted");
    await until(() => clock.dueInMs().includes(3_000));
    clock.advance(3_000); // beyond its time-out, to the end of the grace period

    expect((await ended).outcome).toMatchObject({ cause: "interrupted", signal: "SIGKILL" });
  });

  test("before it started never starts", async () => {
    const { dir, run } = testRunner();

    const { outcome, logs } = await run("true", { signal: AbortSignal.abort("lease-lost") });

    expect([outcome, logs]).toEqual([{ cause: "lost" }, undefined]);
    expect(readdirSync(dir)).toEqual([]);
  });

  test("while its helper is being started is stopped as soon as it runs", async () => {
    const { run } = testRunner();
    const controller = new AbortController();

    const ended = run("sleep 1000", { signal: controller.signal });
    controller.abort("interrupted");

    expect((await ended).outcome.cause).toBe("interrupted");
  });
});

test("closing a runner ends every task, even one that is about to start", async () => {
  const tools = testRunner();
  const { ended, pids } = startWithPids(tools, GRANDCHILDREN, 3);
  const running = await pids;
  const starting = tools.run("sleep 1000");

  await tools.runner.close();

  expect((await ended).outcome).toMatchObject({ cause: "signal", signal: "SIGKILL" });
  expect((await starting).outcome).toEqual({ cause: "interrupted" });
  await until(() => !running.some(isRunning));
});

describe("a worker that is killed", () => {
  test("takes its tasks, its helpers and their files with it", async () => {
    const { dir } = testRunner();
    const script = `
      import { TaskRunner } from ${JSON.stringify(join(import.meta.dirname, "../../../worker/task/run-task.ts"))};
      const script = "exec 3>pids.new; echo $PPID >&3; echo $$ >&3; sleep 1000 & echo $! >&3; mv pids.new pids; wait";
      const more = { env: {}, scratchParent: ${JSON.stringify(dir)}, signal: new AbortController().signal, graceMs: 1e3 };
      const runner = new TaskRunner();
      await Promise.all(["one", "two"].map((name) => runner.run({ script, name, ...more })));
    `;
    const tmp = join(dir, "tmp");
    mkdirSync(tmp);
    const worker = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
      stdio: "inherit",
      env: { ...process.env, TMPDIR: tmp },
    });
    const gone = new Promise((resolve) => worker.once("close", resolve));
    onTestFinished(async () => {
      worker.kill("SIGKILL");
      await gone;
      const left = readdirSync(dir);
      await Promise.all(left.map((name) => rm(join(dir, name), { recursive: true, force: true })));
    });
    const running = await until(() => {
      const pids = ["one", "two"].flatMap((name) =>
        readIfThere(join(dir, name, "pids"))
          .split("\n")
          .slice(0, -1),
      );
      return pids.length === 6 && pids.map(Number);
    });

    expect(readdirSync(tmp)).toHaveLength(1);

    worker.kill("SIGKILL");

    await until(() => !running.some(isRunning));
    await until(() => readdirSync(tmp).length === 0);
  });
});

describe("timers", () => {
  test("keep firing while thousands of processes start back to back", async () => {
    const { spec, runner } = testRunner();
    let longestMs = 0;
    let last = performance.now();
    const ticker = setInterval(() => {
      const now = performance.now();
      longestMs = Math.max(longestMs, now - last);
      last = now;
    }, 10);
    let left = 2_000;
    const slot = async () => {
      while (left-- > 0) await (await runner.run(spec("true"))).dispose();
    };

    await Promise.all([slot(), slot(), slot(), slot()]);

    clearInterval(ticker);
    // with spawn alone it was 1.5 s; a busy machine may take part of a second by itself
    expect(longestMs).toBeLessThan(1_000);
  });
});
