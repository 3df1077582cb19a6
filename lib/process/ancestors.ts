import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** A process above this one. */
export interface Ancestor {
  pid: number;
  parent: number;
  /** its command line; npm replaces its own with `npm exec …`, `npm run …` */
  command: string;
  /** name of its executable */
  program: string;
  /** whether it ignores SIGHUP; false where the system does not say */
  ignoresHangup: boolean;
  /** its variable `_` when it started: bash and zsh put the path of the command there */
  startedAs: string;
}

const HANGUP_BIT = 1n;
const SHELLS = new Set(["sh", "bash", "dash", "zsh", "ksh", "fish", "busybox"]);

/** Whether a process is npm or npx. */
export function isNpm({ command }: Ancestor): boolean {
  return command.startsWith("npm ");
}

export function isShell({ program }: Ancestor): boolean {
  return SHELLS.has(program.replace(/^-/, ""));
}

/** Reads what the system knows about a process; undefined if it is gone. Without /proc (macOS), uses `ps`. */
export function readProcess(pid: number, proc = "/proc"): Ancestor | undefined {
  if (pid <= 0) return undefined;
  const status = read(`${proc}/${pid}/status`);
  if (status === "") return proc === "/proc" && process.platform === "linux" ? undefined : askPs(pid);
  const command = read(`${proc}/${pid}/cmdline`).replaceAll("\0", " ");
  const ignored = /^SigIgn:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0";
  return {
    pid,
    parent: Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0),
    command,
    program: basename(linkTarget(`${proc}/${pid}/exe`) || (command.split(" ")[0] ?? "")),
    ignoresHangup: (BigInt(`0x${ignored}`) & HANGUP_BIT) === HANGUP_BIT,
    startedAs: /(?:^|\0)_=([^\0]*)/.exec(read(`${proc}/${pid}/environ`))?.[1] ?? "",
  };
}

function askPs(pid: number): Ancestor | undefined {
  try {
    // options that macOS, the BSDs and Linux have in common
    const line = execFileSync("ps", ["-o", "ppid=", "-o", "args=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [, parent, command = ""] = /^\s*(\d+)\s+(.*)$/m.exec(line) ?? [];
    if (parent === undefined) return undefined;
    const program = basename(command.split(" ")[0] ?? "");
    return { pid, parent: Number(parent), command, program, ignoresHangup: false, startedAs: "" };
  } catch {
    return undefined;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
