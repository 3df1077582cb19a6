import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { checkJson } from "./check-json.ts";

/** What a person starts. */
export const BIN = fileURLToPath(new URL("../../bin/anamo.js", import.meta.url));

/** What a command came to. */
export interface AnamoResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** The environment of this test run without anything that leads to AWS, and with what is given. */
export function cleanEnv(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_|ANAMO_|PYANAMO|S3_BUCKET|VITEST|NODE_OPTIONS)/.test(name),
  );
  return { ...Object.fromEntries(own), AWS_EC2_METADATA_DISABLED: "true", ...more };
}

/** Starts `anamo` as a person would; it is ended with the test. What it prints with `--json` has to fit its schema. */
export function startAnamo(
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): { child: Child; result: Promise<AnamoResult> } {
  const child = spawn(process.execPath, [BIN, ...args], {
    ...{ cwd: options.cwd, env: cleanEnv(options.env ?? {}), stdio: ["ignore", "pipe", "pipe"] },
  });
  const result = resultOf(child, (signal) => child.kill(signal)).then((found) => {
    checkJson(args, found);
    return found;
  });
  return { child, result };
}

/**
 * Starts a line of shell as it stands in the docs; `npx anamo` in it is the `anamo` of this checkout. `interrupt` is
 * what Ctrl-C does.
 */
export function startLine(
  line: string,
  env: Readonly<Record<string, string>>,
): { child: Child; interrupt: () => void; result: Promise<AnamoResult> } {
  const script = `npx() { [[ $1 == anamo ]] && "$NODE" "$BIN" "\${@:2}"; }\n${line}`;
  const child = spawn("bash", ["--norc", "-c", script], {
    // a group of its own, as in a terminal
    ...{ detached: true, env: cleanEnv({ ...env, NODE: process.execPath, BIN }), stdio: ["ignore", "pipe", "pipe"] },
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

/** Runs `anamo` to its end. */
export function anamo(
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<AnamoResult> {
  return startAnamo(args, options).result;
}
