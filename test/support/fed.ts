import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { AnamoResult } from "./anamo.ts";
import { checkJson } from "./check-json.ts";

const BIN = fileURLToPath(new URL("../../bin/anamo.js", import.meta.url));

/** Runs `anamo` with `input` on its stdin, as if at the end of a pipe. */
export async function anamoFed(
  input: Iterable<string>,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<AnamoResult> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], { env: { PATH, HOME, ...env }, stdio: "pipe" });
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  // a command that rejects its arguments does not read all of its input
  const fed = pipeline(Readable.from(input), child.stdin).catch(() => {});
  const [exitCode, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr), fed]);
  checkJson(args, { exitCode, stdout, stderr });
  return { exitCode, stdout, stderr };
}
