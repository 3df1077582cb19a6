import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { doCommandLine } from "../../cli/command-line.ts";
import { checkJson } from "./check-json.ts";

/** The file that a user runs. */
export const BIN = fileURLToPath(new URL("../../bin/anamo.js", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The result of a command. */
export interface AnamoResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** The environment of this test run without anything that leads to AWS, plus `more`. */
export function cleanEnv(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_|ANAMO_|PYANAMO|S3_BUCKET|VITEST|NODE_OPTIONS|NO_COLOR|FORCE_COLOR)/.test(name),
  );
  return { ...Object.fromEntries(own), AWS_EC2_METADATA_DISABLED: "true", ...more };
}

/**
 * Starts `anamo` as a user would; a run gets one worker unless `args` say how many. Kills it when the test ends. Checks
 * `--json` output against its schema.
 */
export function startAnamo(
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): { child: Child; result: Promise<AnamoResult> } {
  const { cwd, env = {} } = options;
  const child = spawn(process.execPath, [BIN, ...withFewWorkers(args)], {
    cwd,
    env: cleanEnv(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const result = resultOf(child, (signal) => child.kill(signal)).then((found) => {
    checkJson(args, found);
    return found;
  });
  return { child, result };
}

/** Starts a line of shell as written in the docs, in the folder of this checkout. `interrupt` does what Ctrl-C does. */
export function startLine(
  line: string,
  env: Readonly<Record<string, string>>,
): { child: Child; interrupt: () => void; result: Promise<AnamoResult> } {
  const child = spawn("bash", ["--norc", "-c", line], {
    // a process group of its own, as in a terminal
    detached: true,
    cwd: ROOT,
    env: cleanEnv({ ...env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), signal);
  };
  return { child, interrupt: () => kill("SIGINT"), result: resultOf(child, kill) };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

async function resultOf(child: Child, kill: (signal: NodeJS.Signals) => void): Promise<AnamoResult> {
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    kill("SIGKILL");
    await exit;
  });
  const [exitCode, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return { exitCode, stdout, stderr };
}

/** Commands that start processes, or handle signals. */
const OWN_PROCESS = new Set(["work", "local"]);

/** Gives runs one worker unless they ask for more, because each worker costs as much processor time as a short list. */
function withFewWorkers(args: readonly string[]): readonly string[] {
  return args[0] === "run" && !args.includes("--workers") ? [...args, "--workers", "1"] : args;
}

let before: Promise<unknown> = Promise.resolve();

/**
 * Runs `anamo` to its end. Most commands run in this process, one at a time, because starting Node.js would take longer
 * than the command. Commands that deal with processes, and those with NODE_OPTIONS, get their own process.
 */
export function anamo(
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<AnamoResult> {
  if (OWN_PROCESS.has(args[0] ?? "") || options.env?.NODE_OPTIONS) return startAnamo(args, options).result;
  const result = before.then(() => inThisProcess(args, options));
  before = result.catch(() => {});
  return result;
}

async function inThisProcess(
  args: readonly string[],
  { cwd = process.cwd(), env = {} }: { cwd?: string; env?: Readonly<Record<string, string>> },
): Promise<AnamoResult> {
  const own = { cwd: process.cwd(), env: process.env, exitCode: process.exitCode };
  const [stdout, stderr] = [takeOver(process.stdout), takeOver(process.stderr)];
  process.chdir(cwd);
  process.env = cleanEnv(env);
  process.exitCode = undefined;
  try {
    await doCommandLine(withFewWorkers(args));
    const result = { exitCode: Number(process.exitCode ?? 0), stdout: stdout.text(), stderr: stderr.text() };
    checkJson(args, result);
    return result;
  } finally {
    process.exitCode = own.exitCode;
    process.env = own.env;
    process.chdir(own.cwd);
    stdout.giveBack();
    stderr.giveBack();
  }
}

/** Collects what is written to a stream of this process, which in the meantime does not act as a terminal. */
function takeOver(stream: NodeJS.WriteStream): { text(): string; giveBack(): void } {
  const pieces: Buffer[] = [];
  const { write, isTTY } = stream;
  stream.isTTY = false;
  stream.write = (piece: string | Uint8Array, ...rest: unknown[]) => {
    pieces.push(Buffer.from(piece as string));
    const done = rest.findLast((each) => typeof each === "function");
    if (done) process.nextTick(done);
    return true;
  };
  return {
    text: () => Buffer.concat(pieces).toString(),
    giveBack: () => void Object.assign(stream, { write, isTTY }),
  };
}
