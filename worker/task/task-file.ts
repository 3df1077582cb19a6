import { writeFileSync } from "node:fs";
import type { Env } from "../../lib/aws-config.ts";
import type { RunFolder } from "./run-folder.ts";

// Linux allows 128 KiB for one argument, including the final NUL. An argument cannot contain a NUL.
const MAX_ARGUMENT_BYTES = 100_000;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

// Settings for the worker's own Node and npm, and options that would apply to every bash.
const NOT_FOR_TASKS = /^(?:NODE_|npm_|INIT_CWD$|SHELLOPTS$|BASHOPTS$)/;
// The helper would source these too, and their output would mix with the helper's own messages.
const NOT_FOR_HELPER = /^(?:BASH_ENV|ENV)$/;

/** Splits the worker's environment into what the helper may see, and what only tasks additionally see. */
export function splitEnv(env: Env): { helper: Record<string, string>; task: Record<string, string> } {
  const helper: Record<string, string> = {};
  const task: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || NOT_FOR_TASKS.test(name)) continue;
    (NOT_FOR_HELPER.test(name) ? task : helper)[name] = value;
  }
  return { helper, task };
}

/** Quotes any string so that a shell reads it as one word. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The text that the helper sources to become the task. A script that is too long for an argument goes into its own
 * file.
 */
export function taskFileText(script: string, env: Env, folder: RunFolder): string {
  const lines = [`cd ${shellQuote(folder.scratch)} || exit 126`];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (!NAME.test(name)) throw new TypeError(`not the name of a variable: ${name}`);
    lines.push(`export ${name}=${shellQuote(value)}`);
  }
  if (env.PYANAMO) lines.push(`export PATH=${shellQuote(env.PYANAMO)}:"$PATH"`);
  lines.push(`exec "$BASH" -euo pipefail ${scriptArgument(script, folder)}`);
  return `${lines.join("\n")}\n`;
}

function scriptArgument(script: string, folder: RunFolder): string {
  if (script.length <= MAX_ARGUMENT_BYTES / 3 && !script.includes("\0")) return `-c -- ${shellQuote(script)}`;
  if (Buffer.byteLength(script) <= MAX_ARGUMENT_BYTES && !script.includes("\0")) return `-c -- ${shellQuote(script)}`;
  writeFileSync(folder.scriptPath, script);
  return shellQuote(folder.scriptPath);
}
