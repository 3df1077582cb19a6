import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testRunner } from "./support.ts";

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join("");

describe("what a script prints is kept, in order", () => {
  test.each([
    ["> /dev/stderr", 'echo "the real cause" >&2; echo note > /dev/stderr; exit 3', "", "the real cause\nnote\n"],
    ["tee /dev/stderr", "echo cause >&2; echo hello | tee /dev/stderr; exit 4", "hello\n", "cause\nhello\n"],
    [
      "> /dev/stdout",
      "seq 500; echo MARK > /dev/stdout; seq 501 1000",
      `${lines(1, 500)}MARK\n${lines(501, 1000)}`,
      "",
    ],
    ["> /proc/self/fd/2", "echo a >&2; echo b > /proc/self/fd/2; echo c >&2", "", "a\nb\nc\n"],
    ["> /proc/$$/fd/1", "echo a; echo b > /proc/$$/fd/1; echo c", "a\nb\nc\n", ""],
    ["> /dev/fd/1", "echo a; echo b > /dev/fd/1; echo c", "a\nb\nc\n", ""],
    [">> /dev/stdout", "echo a; echo b >> /dev/stdout; echo c", "a\nb\nc\n", ""],
    ["> /dev/fd/2", "echo a >&2; echo b > /dev/fd/2; echo c >&2", "", "a\nb\nc\n"],
    ["> /proc/$$/fd/2", "echo a >&2; echo b > /proc/$$/fd/2; echo c >&2", "", "a\nb\nc\n"],
    ["exec 2> /dev/stderr", "echo a >&2; exec 2> /dev/stderr; echo b >&2", "", "a\nb\n"],
    ["tee -a /dev/stderr", "echo a >&2; echo b | tee -a /dev/stderr > /dev/null; echo c >&2", "", "a\nb\nc\n"],
    ["nested bash", "echo a >&2; bash -c 'bash -c \"echo b > /dev/stderr\"; echo c >&2'", "", "a\nb\nc\n"],
    ["another folder and a pipe", "cd /; echo a; (echo b | cat > /dev/stdout) | cat; echo c", "a\nb\nc\n", ""],
    ["sort -o /dev/stdout", "echo a; printf 'c\\nb\\n' | sort -o /dev/stdout; echo d", "a\nb\nc\nd\n", ""],
    ["exec > /dev/stderr", "echo a >&2; exec > /dev/stderr; echo b; echo c >&2", "", "a\nb\nc\n"],
    [
      "2> /dev/stdout",
      "echo a; ls /none 2> /dev/stdout || echo b",
      "a\nls: cannot access '/none': No such file or directory\nb\n",
      "",
    ],
    ["dd of=/dev/stdout", "echo a; echo b | dd of=/dev/stdout status=none; echo c", "a\nb\nc\n", ""],
    ["cp to /dev/stdout", "echo b > f; echo a; cp f /dev/stdout; echo c", "a\nb\nc\n", ""],
    ["awk to /dev/stderr", 'echo a >&2; awk \'BEGIN { print "b" > "/dev/stderr" }\'; echo c >&2', "", "a\nb\nc\n"],
    ["1>&2 and 2>&1", "echo a; { echo b >&2; } 2>&1; echo c 1>&2; echo d", "a\nb\nd\n", "c\n"],
    [
      "truncate /dev/stdout",
      "echo a; truncate -s 0 /dev/stdout 2>/dev/null || true; : > /dev/stdout; echo c",
      "a\nc\n",
      "",
    ],
  ])("%s", async (_, script, stdout, stderr) => {
    const { run } = testRunner({ env: { ...process.env, LC_ALL: "C" } });

    const ended = await run(script);

    expect([ended.stdout, ended.stderr]).toEqual([stdout, stderr]);
  });

  test("of several tasks on one helper, each in its own log", async () => {
    const { run } = testRunner();

    const runs = [await run("echo one; echo 1 >&2"), await run("true"), await run("echo three > /dev/stdout")];

    expect(runs.map(({ stdout, stderr }) => [stdout, stderr])).toEqual([
      ["one\n", "1\n"],
      ["", ""],
      ["three\n", ""],
    ]);
  });

  test("also the last bytes of a long output", async () => {
    const { run } = testRunner();

    const { logs } = await run("seq 1000000; printf end");

    const text = readFileSync(logs?.stdoutPath ?? "", "latin1");
    expect(text.length).toBe(6_888_896 + 3);
    expect(text.slice(-11)).toBe("1000000\nend");
  });
});

test.runIf(process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status === 0)(
  "another user may open it again",
  async () => {
    const { run } = testRunner();

    const { stdout } = await run("echo a; setpriv --reuid 65534 --clear-groups bash -c 'cd /; echo b > /dev/stdout'");

    expect(stdout).toBe("a\nb\n");
  },
);
