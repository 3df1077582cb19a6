import { describe, expect, test } from "vitest";
import { GRANDCHILDREN, isRunning, readIfThere, startWithPids, testRunner, until } from "./support.ts";

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
      [
        "a cleared environment in another folder, without its output",
        "p=$PWD/pids; cd /; setsid env -i sleep 617 </dev/null >/dev/null 2>&1 & echo $! >>$p; sleep 0.3",
      ],
      [
        "a daemon that forks twice, clears all and closes all",
        "p=$PWD/pids; ( ( cd /; exec setsid -f env -i bash -c 'echo $$ >>$1; exec sleep 617' _ $p <&- >&- 2>&- ) & ); sleep 0.3",
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
