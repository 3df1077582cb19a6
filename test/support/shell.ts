import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type AnamoResult, BIN, cleanEnv } from "./anamo.ts";
import { testEnv } from "./env.ts";

const IDS_OF = fileURLToPath(new URL("./ids-of.ts", import.meta.url));

/**
 * Runs a bash script on a table. In it, `anamo` is a command, and `ids_of csv` or `ids_of json` stands for what a user
 * would write to extract itemIDs from such output. A pipe fails with the last of its commands that failed (pipefail).
 */
export async function shellOn(table: { name: string }, script: string): Promise<AnamoResult> {
  const given = Object.entries({ ...testEnv(), ANAMO_TABLE: table.name }).flatMap(([name, value]) =>
    value ? [[name, value]] : [],
  );
  const env = { ...cleanEnv(Object.fromEntries(given)), NODE: process.execPath, BIN, IDS_OF };
  const head = 'set -o pipefail; anamo() { "$NODE" "$BIN" "$@"; }; ids_of() { "$NODE" "$IDS_OF" "$@"; }';
  const child = spawn("/bin/bash", ["--norc", "-c", `${head}\n${script}`], {
    env,
    // its own process group, so that all processes of a pipe can be killed
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await exit;
  });
  const [exitCode, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return { exitCode, stdout, stderr };
}
