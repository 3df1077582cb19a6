import { spawn } from "node:child_process";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Ancestor, readProcess } from "../../../lib/process/ancestors.ts";
import { hangupIsIgnored } from "../../../lib/process/hangup.ts";
import { findNpmParent } from "../../../lib/process/npm-parent.ts";

type Seen = Partial<Omit<Ancestor, "pid" | "parent">>;

const BASH: Seen = { program: "bash", command: "bash" };
const LOGIN_SHELL: Seen = { program: "-zsh", command: "-zsh" };
const SH: Seen = { program: "sh", command: "sh -c 'anamo' run x" };
const NPX: Seen = { program: "node", command: "npm exec anamo run x" };
const NODE: Seen = { program: "node", command: "node server.js" };

/** Reads processes of a made-up line: the first is the parent, pid 100, the next its parent, and so on. */
function lineOf(...above: Seen[]) {
  return (pid: number): Ancestor | undefined => {
    const seen = above[pid - 100];
    const blank = { command: "", program: "", ignoresHangup: false, startedAs: "" };
    return seen && { ...blank, ...seen, pid, parent: pid + 1 };
  };
}

const NOHUP = "/usr/bin/nohup";
const IN_NPX = { npm_command: "exec", _: "/tmp/x/node_modules/.bin/anamo" };

test.for([
  ["a shell", [BASH], { _: "/usr/bin/node" }, false],
  ["nohup typed in a shell", [BASH], { _: NOHUP }, true],
  ["nohup typed in a login shell", [LOGIN_SHELL], { _: NOHUP }, true],
  ["a script under nohup", [{ ...BASH, ignoresHangup: true }], { _: "/usr/bin/node" }, true],
  ["a program of Node.js under nohup, which ignores nothing", [NODE, BASH], { _: NOHUP }, false],
  ["npx", [NPX, BASH], IN_NPX, false],
  ["npx with sh between", [SH, NPX, BASH], IN_NPX, false],
  ["npx under nohup", [{ ...NPX, startedAs: NOHUP }, BASH], IN_NPX, true],
  ["npx under nohup, with sh between", [SH, { ...NPX, startedAs: NOHUP }, BASH], IN_NPX, true],
  ["npx in a script under nohup", [SH, NPX, { ...BASH, ignoresHangup: true }], IN_NPX, true],
  ["npx under nohup, whose shell has gone", [{ ...NPX, startedAs: NOHUP }], IN_NPX, true],
  ["npx in a program of Node.js under nohup", [{ ...NPX, startedAs: NOHUP }, NODE], IN_NPX, false],
  ["what the launcher found out", [NPX, NODE], { ANAMO_IGNORE_HANGUP: "1" }, true],
] as const)("started by %s", ([, above, env, expected]) => {
  expect(hangupIsIgnored(env, { read: lineOf(...above), parent: 100, stdin: () => false })).toBe(expected);
});

test("a standard input that nohup has replaced is enough", () => {
  expect(hangupIsIgnored({}, { read: lineOf(BASH), parent: 100, stdin: () => true })).toBe(true);
});

test("a process is read alike from /proc and, where there is none, from ps", async () => {
  const child = spawn("bash", ["-c", "trap '' HUP; read -r line"], { stdio: ["pipe", "ignore", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const pid = child.pid ?? 0;
  await vi.waitFor(() => expect(readProcess(pid)).toMatchObject({ program: "bash", ignoresHangup: true }));
  const expected = { pid, parent: process.pid, program: "bash", command: expect.stringMatching(/^bash -c trap/) };
  expect(readProcess(pid)).toMatchObject(expected);
  expect(readProcess(pid, "/nowhere")).toMatchObject({ ...expected, ignoresHangup: false });
  expect(readProcess(2 ** 30, "/nowhere")).toBeUndefined();
});

test("only the npm that started this very process is watched", () => {
  const from = (...above: Seen[]) => {
    const read = lineOf(...above);
    return findNpmParent({ npm_command: "run" }, (pid) => read(pid === process.ppid ? 100 : pid));
  };
  expect(from(NODE, NPX)).toBeUndefined();
  expect(from(BASH, BASH, NPX)).toBeUndefined();
  expect(from(NPX)).toBeDefined();
  expect(from(SH, NPX)).toBeDefined();
  expect(findNpmParent({}, lineOf(NPX))).toBeUndefined();
});
