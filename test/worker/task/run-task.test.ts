import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MemorySampler } from "../../../worker/task/memory-sampler.ts";
import { stoppedClock } from "../../support/env.ts";
import { testRunner, until } from "./support.ts";

describe("a script", () => {
  test("runs under bash with errexit, nounset and pipefail, in its own empty folder", async () => {
    const { dir, run } = testRunner();

    const { outcome, stdout } = await run('echo "$SHELLOPTS"; pwd; ls -A | wc -l', { name: "item.-.1" });

    const [options, folder, files] = stdout.split("\n");
    expect(options?.split(":")).toEqual(expect.arrayContaining(["errexit", "nounset", "pipefail"]));
    expect(folder).toBe(join(dir, "scratch", "item.-.1"));
    expect(files).toBe("0");
    expect(outcome).toMatchObject({ exitCode: 0, wallSeconds: expect.any(Number), cpuSeconds: expect.any(Number) });
    expect(outcome).not.toHaveProperty("cause");
  });

  test("finds a clean folder even if an earlier worker left one of the same name", async () => {
    const { dir, run } = testRunner();
    mkdirSync(join(dir, "scratch", "again", "old"), { recursive: true });
    writeFileSync(join(dir, "scratch", "again", "old", "file"), "");

    const { stdout } = await run("ls -A", { name: "again" });

    expect(stdout).toBe("");
  });

  test("leaves nothing behind, not even read-only folders", async () => {
    const { run } = testRunner();

    const { outcome } = await run("mkdir -p a/b && touch a/b/c && chmod 500 a/b a");

    expect(outcome.exitCode).toBe(0);
  });

  test("sees its variables unchanged, whatever they contain", async () => {
    const { run } = testRunner();
    const ITEM_ID = 'it\'s "one" $HOME `id` \\ ü🙂\nand a line';

    const { stdout } = await run('printf %s "$ITEM_ID"', { env: { ITEM_ID } });

    expect(stdout).toBe(ITEM_ID);
  });

  test("sees the worker's environment, but not what is meant for the worker's Node and npm", async () => {
    const env = {
      PATH: process.env.PATH,
      AWS_REGION: "x",
      NODE_OPTIONS: "--max-old-space-size=1",
      npm_lifecycle_event: "y",
    };
    const { run } = testRunner({ env });

    const { stdout } = await run("env | grep -E '^(AWS_REGION|NODE_|npm_)'");

    expect(stdout).toBe("AWS_REGION=x\n");
  });

  test("does not see the variables of the previous task on the same helper", async () => {
    const { run } = testRunner();
    await run("true", { env: { STEP: "one" } });

    const { stdout } = await run('echo "${STEP-none}"');

    expect(stdout).toBe("none\n");
  });

  test("has BASH_ENV sourced once, in its own shell only", async () => {
    const { dir, run } = testRunner({ env: { ...process.env, BASH_ENV: "rc" } });
    const { stdout } = await run("echo two", { env: { BASH_ENV: join(dir, "rc") } });
    writeFileSync(join(dir, "rc"), "echo one\n");
    const second = await run("echo two", { env: { BASH_ENV: join(dir, "rc") } });

    expect([stdout, second.stdout]).toEqual(["two\n", "one\ntwo\n"]);
  });

  test("finds the pipeline's own scripts first on its path", async () => {
    const { dir, run } = testRunner();
    const pipeline = join(dir, "it's a pipeline");
    mkdirSync(pipeline);
    writeFileSync(join(pipeline, "ls"), "#!/bin/sh\necho mine\n", { mode: 0o755 });

    const { stdout } = await run("ls", { env: { PYANAMO: pipeline } });

    expect(stdout).toBe("mine\n");
  });

  test("has default signals, no terminal, nothing on stdin and no open files of the worker", async () => {
    const { run } = testRunner();

    const { stdout, stderr } = await run(
      "wc -c; grep -E 'Sig(Ign|Blk)' /proc/self/status; ls -l /proc/$$/fd | grep -c socket || true; exec </dev/tty",
    );

    expect(stdout).toBe("0\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n0\n");
    expect(stderr).toMatch(/\/dev\/tty: No such device/);
  });

  test("leads its own process group without job control", async () => {
    const { run } = testRunner();

    const { stdout } = await run(
      'case $- in *m*) echo job control;; esac; read -ra stat </proc/self/stat; echo "${stat[4]} $$"',
    );

    const [group, pid] = stdout.trim().split(" ");
    expect(group).toBe(pid);
  });

  test.each([
    ["quotes and line ends", "cat <<'X'\nit's\n\"this\"\nX\n"],
    ["150 kB", `# ${"x".repeat(150_000)}\necho long`],
    ["300 kB of three-byte characters", `# ${"…".repeat(100_000)}\necho long`],
  ])("may have %s", async (_, script) => {
    const { run } = testRunner();

    const { outcome, stdout } = await run(script);

    expect(outcome.exitCode).toBe(0);
    expect(stdout).toBe(script.startsWith("cat") ? 'it\'s\n"this"\n' : "long\n");
  });

  test("keeps its options even if it is too long for an argument", async () => {
    const { run } = testRunner();

    const { outcome, stdout } = await run(`# ${"x".repeat(150_000)}\nfalse | true\necho not reached`);

    expect([outcome.cause, outcome.exitCode, stdout]).toEqual(["exit", 1, ""]);
  });
});

describe("the figures of a run", () => {
  test("include the CPU seconds of this script alone", async () => {
    const { run } = testRunner();
    const busy = await run("for ((i=0;i<300000;i++)); do :; done; (for ((i=0;i<300000;i++)); do :; done)");
    const idle = await run("true");

    expect(busy.outcome.cpuSeconds).toBeGreaterThan(0.2);
    expect(idle.outcome.cpuSeconds).toBeLessThan(0.1);
  });

  test.runIf(process.platform === "linux")("include the peak memory of all its processes", async () => {
    const clock = stoppedClock();
    const { dir, run } = testRunner({ sampler: new MemorySampler(clock) });
    // Two processes at once, each of which holds 60 MB until the sampler has looked.
    const hold = `${process.execPath} -e '
      const bytes = Buffer.alloc(60e6, 1); require("fs").appendFileSync("on", "on\\n");
      process.stdin.on("data", () => {}).on("end", () => console.log(bytes.length))'`;

    const running = run(`mkfifo go; ${hold} <go & ${hold} <go & {
      until [ "$(cat on 2>/dev/null)" = $'on\\non' ]; do sleep 0.1; done
      touch ../../held; until [ -e ../../seen ]; do sleep 0.1; done
    } >go; wait`);
    await until(() => existsSync(join(dir, "held")) && clock.dueInMs().length > 0);
    clock.advance(25);
    writeFileSync(join(dir, "seen"), "");
    const { outcome, stdout } = await running;

    expect(stdout).toBe("60000000\n60000000\n");
    expect(outcome.peakMemoryBytes).toBeGreaterThan(120e6);
    expect(outcome.peakMemoryBytes).toBeLessThan(500e6);
  });
});
