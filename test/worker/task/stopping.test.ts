import { spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { stoppedClock } from "../../support/env.ts";
import { isRunning, readIfThere, testRunner, until } from "./support.ts";

/** Starts the script and waits until it has written `count` process ids into the file `pids`, one per line. */
function startWithPids(tools: ReturnType<typeof testRunner>, script: string, count: number, more = {}) {
  const controller = new AbortController();
  const ended = tools.run(script, { name: "stopped", signal: controller.signal, ...more });
  const file = join(tools.dir, "scratch", "stopped", "pids");
  const pids = until(() => {
    const lines = readIfThere(file).split("\n").slice(0, -1);
    return lines.length >= count && lines.map(Number);
  });
  return { ended, pids, controller };
}

const GRANDCHILDREN = "echo $$ >>pids; (sleep 1000 & echo $! >>pids; bash -c 'echo $$ >>pids; sleep 1000; :') & wait";

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

describe("a task that runs", () => {
  test("is not stopped by a time-out of a month", async () => {
    const { run } = testRunner();

    const { outcome } = await run("sleep 0.05", { timeoutMs: 31 * 86_400_000 });

    expect(outcome.exitCode).toBe(0);
  });

  test("takes everything still running in its group with it when it ends", async () => {
    const tools = testRunner();
    const { ended, pids } = startWithPids(tools, "sleep 1000 & echo $! >>pids; sleep 0.2", 1);
    const running = await pids;

    expect((await ended).outcome.exitCode).toBe(0);

    await until(() => !running.some(isRunning));
  });

  describe.runIf(process.platform === "linux")("and leaves a process behind", () => {
    test.each([
      ["setsid", "setsid sleep 617 & echo $! >>pids; sleep 0.3"],
      ["setsid -f", "setsid -f bash -c 'echo $$ >>pids; exec sleep 617'; sleep 0.3"],
      ["setsid without its output", "setsid sleep 617 >/dev/null 2>&1 </dev/null & echo $! >>pids; sleep 0.3"],
      ["a double fork", "( setsid bash -c '( echo $BASHPID >>pids; exec sleep 617 ) & ' & ); sleep 0.3"],
      ["nohup", "nohup setsid sleep 617 & echo $! >>pids; sleep 0.3"],
      ["a cleared environment", "setsid env -i sleep 617 & echo $! >>pids; sleep 0.3"],
      [
        "a cleared environment in another folder",
        "p=$PWD/pids; cd /; setsid env -i sleep 617 & echo $! >>$p; sleep 0.3",
      ],
      ["job control", "set -m; sleep 617 & echo $! >>pids; sleep 0.3"],
      ["many processes", "for i in $(seq 300); do true | true; done; setsid sleep 617 & echo $! >>pids; sleep 0.3"],
      [
        "a parent in its group",
        "( setsid sleep 617 & echo $! >>pids; wait ) & sleep 0.3; for i in $(seq 30); do /bin/true; done",
      ],
      ["a script that fails", "setsid sleep 617 & echo $! >>pids; sleep 0.3; exit 3"],
    ])("by %s, ends it", async (_, script) => {
      const tools = testRunner();
      const { ended, pids } = startWithPids(tools, `${script}`, 1);
      const [pid = 0] = await pids;

      const run = await ended;

      expect(isRunning(pid)).toBe(false);
      expect(run.leftovers.filter((command) => !/bash -euo pipefail/.test(command))).toEqual([
        expect.stringMatching(/sleep 617/),
      ]);
      expect((await tools.run("echo next")).leftovers).toEqual([]);
    });

    test("that prints, keeps it out of the next task's log", async () => {
      const { run } = testRunner();

      const first = await run(
        "setsid bash -c 'touch up; exec yes' & yes >&2 & until [ -e up ]; do sleep 0.01; done; echo end",
      );
      const runs = [await run("true"), await run("echo two"), await run("echo three >&2")];

      expect(first.leftovers).toEqual([expect.stringMatching(/yes$/), expect.stringMatching(/yes$/)]);
      expect(runs.map(({ stdout, stderr }) => [stdout, stderr])).toEqual([
        ["", ""],
        ["two\n", ""],
        ["", "three\n"],
      ]);
    });

    test("in its process group, ends it and names it", async () => {
      const tools = testRunner();
      const { ended, pids } = startWithPids(tools, "sleep 617 & echo $! >>pids; sleep 0.1", 1);
      const [pid = 0] = await pids;

      expect((await ended).leftovers).toEqual(["sleep 617"]);
      await until(() => !isRunning(pid));
    });

    test("in its process group when it is stopped, ends it without a word", async () => {
      const tools = testRunner();
      const script = "trap 'exit 0' TERM; bash -c 'trap \"\" TERM; while :; do sleep 0.1; done' & echo $! >>pids; wait";
      const { ended, pids, controller } = startWithPids(tools, script, 1);
      const [pid = 0] = await pids;
      controller.abort("interrupted");

      expect(await ended).toMatchObject({ leftovers: [], outcome: { cause: "interrupted" } });
      await until(() => !isRunning(pid));
    });

    test("of a worker that runs in the task, ends it", async () => {
      const tools = testRunner();
      const inner = testRunner({ env: { ...process.env, ANAMO_TASK: "none" } });
      const { stdout } = await inner.run("echo $ANAMO_TASK");
      expect(stdout).toMatch(/^none\/[-0-9a-f]+\.1\n$/);
      const script = "ANAMO_TASK=$ANAMO_TASK/inner.1 setsid sleep 617 & echo $! >>pids; sleep 0.3";
      const { ended, pids } = startWithPids(tools, script, 1);
      const [pid = 0] = await pids;

      expect((await ended).leftovers).toEqual(["sleep 617"]);
      expect(isRunning(pid)).toBe(false);
    });
  });

  test("continues after somebody has suspended and resumed it", async () => {
    const tools = testRunner();
    const { ended, pids } = startWithPids(tools, "echo $$ >>pids; kill -STOP $$; echo went on", 1);
    const [pid = 0] = await pids;
    await until(() => /^State:\tT/m.test(readIfThere(`/proc/${pid}/status`)));

    process.kill(pid, "SIGCONT");

    expect((await ended).stdout).toBe("went on\n");
  });

  test.each(["SIGKILL", "SIGTERM"] as const)(
    "dies with its helper by %s, and the next task gets a new helper",
    async (signal) => {
      const tools = testRunner();
      const { ended, pids } = startWithPids(tools, `echo $PPID >>pids; ${GRANDCHILDREN}`, 4);
      const [helper = 0, ...running] = await pids;

      process.kill(helper, signal);

      expect((await ended).outcome).toMatchObject({ cause: "signal", signal: "SIGKILL", message: /helper process/ });
      await until(() => !running.some(isRunning));
      expect((await tools.run("echo next")).stdout).toBe("next\n");
    },
  );
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
