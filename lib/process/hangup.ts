import { readFileSync, readlinkSync } from "node:fs";
import type { Env } from "../aws-config.ts";
import { type Ancestor, isNpm, isShell, readProcess } from "./ancestors.ts";

/** Set to 1 by the launcher (`./anamo`, `bin/anamo`) if SIGHUP was ignored when it started; people may set it too. */
const IGNORE_HANGUP = "ANAMO_IGNORE_HANGUP";

/** What the decision depends on, besides the environment. */
interface Seen {
  read?: (pid: number) => Ancestor | undefined;
  parent?: number;
  stdin?: () => boolean;
}

/**
 * Whether this process was started with SIGHUP ignored, as under `nohup`: then it must survive the end of its terminal.
 * Node.js loses this information: on startup it resets all ignored signals to their defaults. The launcher is a shell
 * script and still has it. Without the launcher, or with npm (also Node.js) in between, the traces that remain are: an
 * ancestor that ignores SIGHUP, the name of nohup in `_`, or a standard input that nohup has replaced.
 */
export function hangupIsIgnored(
  env: Env,
  { read = readProcess, parent = process.ppid, stdin = isNohupStdin }: Seen = {},
) {
  if (env[IGNORE_HANGUP] === "1") return true;
  if (stdin()) return true;
  // on most systems without /proc every check starts a process, so check only if it can matter
  const isPlain = !env.npm_command && !isNohup(env._);
  if (isPlain && process.platform !== "linux") return false;
  let above = read(parent);
  if (above && isShell(above) && isUnderNpm(above, read)) above = read(above.parent);
  let startedAs = env._;
  if (above && isNpm(above)) {
    startedAs = above.startedAs || env._;
    above = read(above.parent);
  }
  if (above?.ignoresHangup) return true;
  // an inherited `_` says nothing about this process: only shells set it for each command
  return isNohup(startedAs) && (above === undefined || above.pid === 1 || isShell(above));
}

function isUnderNpm(shell: Ancestor, read: (pid: number) => Ancestor | undefined): boolean {
  const above = read(shell.parent);
  return above !== undefined && isNpm(above);
}

function isNohup(path: string | undefined): boolean {
  return /(?:^|\/)nohup$/.test(path ?? "");
}

/** GNU nohup replaces a terminal on standard input with /dev/null, opened write-only, which nothing else does. */
function isNohupStdin(): boolean {
  try {
    if (readlinkSync("/proc/self/fd/0") !== "/dev/null") return false;
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync("/proc/self/fdinfo/0", "utf8"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & 0o3) === 0o1;
  } catch {
    return false;
  }
}
