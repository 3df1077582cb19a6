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
): { child: ChildProcessByStdio<null, Readable, Readable>; result: Promise<AnamoResult> } {
  const child = spawn(process.execPath, [BIN, ...args], {
    ...{ cwd: options.cwd, env: cleanEnv(options.env ?? {}), stdio: ["ignore", "pipe", "pipe"] },
  });
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  const result = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(([exitCode, stdout, stderr]) => {
    checkJson(args, { exitCode, stdout, stderr });
    return { exitCode, stdout, stderr };
  });
  return { child, result };
}

/** Runs `anamo` to its end. */
export function anamo(
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<AnamoResult> {
  return startAnamo(args, options).result;
}
