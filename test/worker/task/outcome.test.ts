import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { OomCounter, oomCounterPath } from "../../../worker/task/oom-counter.ts";
import { outcomeOf } from "../../../worker/task/outcome-of.ts";
import { testRunner } from "./support.ts";

describe("the outcome of a script", () => {
  test.each([
    ["exit 0", { exitCode: 0 }],
    ["exit 3", { cause: "exit", exitCode: 3 }],
    ["false | true", { cause: "exit", exitCode: 1 }],
    ["echo $nothing", { cause: "exit", exitCode: 1 }],
    ["if", { cause: "exit", exitCode: 2 }],
    ["no-such-command", { cause: "no-start", exitCode: 127 }],
    // not an option of bash
    ["--version", { cause: "no-start", exitCode: 127 }],
    ["/etc", { cause: "no-start", exitCode: 126 }],
    ["kill -TERM $$", { cause: "signal", signal: "SIGTERM", exitCode: 143 }],
    ["kill -KILL $$", { cause: "signal", signal: "SIGKILL", exitCode: 137 }],
    ["bash -c 'kill -SEGV $$'", { cause: "signal", signal: "SIGSEGV", exitCode: 139 }],
    ["exit 137", { cause: "signal", signal: "SIGKILL", exitCode: 137 }],
    ["exit 145", { cause: "exit", exitCode: 145 }],
    ["exit 255", { cause: "exit", exitCode: 255 }],
  ])("%s", async (script, expected) => {
    const { run } = testRunner();

    const { outcome } = await run(script);

    const { wallSeconds: _w, cpuSeconds: _c, peakMemoryBytes: _p, ...rest } = outcome;
    expect(rest).toEqual(expected);
  });

  test("explains a broken pipe, as only pipefail makes a failure of it", async () => {
    const { run } = testRunner();

    const { outcome } = await run("yes | head -1");

    expect(outcome).toMatchObject({ cause: "signal", signal: "SIGPIPE", exitCode: 141 });
    expect(outcome.message).toMatch(/pipefail/);
  });

  test("is no-start with the reason if the scratch folder cannot be made", async () => {
    const { dir, run } = testRunner();
    writeFileSync(join(dir, "file"), "");

    const { outcome, logs } = await run("true", { scratchParent: join(dir, "file") });

    expect(outcome).toEqual({ cause: "no-start", message: expect.stringMatching(/could not be set up: ENOTDIR/) });
    expect(logs).toBeUndefined();
  });

  test("is no-start if there is no bash", async () => {
    const { run } = testRunner({ env: { PATH: "/nowhere" } });

    const { outcome } = await run("true");

    expect(outcome).toMatchObject({ cause: "no-start", message: expect.stringMatching(/bash could not be started/) });
  });
});

describe("killed for using too much memory", () => {
  const v2 = (kills: number) => `low 0\nhigh 0\nmax 12\noom 3\noom_kill ${kills}\noom_group_kill 0\n`;

  test.each([
    ["oom", "kill -KILL $$", 5],
    ["signal", "kill -KILL $$", 4],
    ["signal", "kill -TERM $$", 5],
    ["exit", "exit 9", 5],
  ])("is %s: %s while the kernel's count goes from 4 to %i", async (cause, script, after) => {
    const path = join(testRunner().dir, "memory.events");
    writeFileSync(path, v2(4));
    const { run } = testRunner({ oomCounter: new OomCounter(path) });

    const { outcome } = await run(`printf '${v2(after).replaceAll("\n", "\\n")}' >'${path}'; ${script}`);

    expect(outcome.cause).toBe(cause);
  });

  test("is counted where the kernel counts for this cgroup, v2, v1 or seen from inside a container", () => {
    const { dir } = testRunner();
    const tree = (name: string, own: string, files: Record<string, string>) => {
      const proc = join(dir, name, "proc");
      const cgroups = join(dir, name, "cgroup");
      write(join(proc, "self/cgroup"), own);
      for (const [path, text] of Object.entries(files)) write(join(cgroups, path), text);
      return oomCounterPath({ proc, cgroups })?.slice(cgroups.length + 1);
    };

    const found = [
      tree("v2", "0::/a/b\n", { "a/b/memory.events": v2(0), "memory.events": v2(0) }),
      tree("v2-container", "0::/../x\n", { "memory.events": v2(0) }),
      tree("v1", "4:memory:/a\n0::/\n", { "memory/a/memory.oom_control": "oom_kill 0\n" }),
      tree("v1-container", "4:cpu,memory:/docker/1\n", { "memory/memory.oom_control": "oom_kill 0\n" }),
      tree("none", "", {}),
    ];

    expect(found).toEqual([
      "a/b/memory.events",
      "memory.events",
      "memory/a/memory.oom_control",
      "memory/memory.oom_control",
      undefined,
    ]);
  });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

describe("what stopped a task", () => {
  const end = { kind: "ended", status: 0, cpuSeconds: 0 } as const;

  test.each([
    [20_000, "20 s"],
    [500, "0.5 s"],
    [90_000, "90 s"],
    [5_400_000, "90 min"],
    [172_800_000, "48 h"],
  ])("names a time-out of %i ms as %s", (timeoutMs, named) => {
    const outcome = outcomeOf({ end, stopped: "timeout", timeoutMs, oomKills: false });

    expect(outcome).toEqual({ cause: "timeout", exitCode: 0, message: `ran longer than its time-out of ${named}` });
  });

  test("takes precedence over the exit code", () => {
    expect(outcomeOf({ end, stopped: "interrupted", oomKills: false }).cause).toBe("interrupted");
    expect(outcomeOf({ end, stopped: "lease-lost", oomKills: false }).cause).toBe("lost");
  });
});
