import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";

let loadavg: number | undefined;
const buffer = Buffer.allocUnsafe(128);
let adopters: readonly number[] | undefined;

/** The id that Linux gave to a process most recently, in this namespace: the last number of /proc/loadavg. */
export function newestPid(): number | undefined {
  try {
    loadavg ??= openSync("/proc/loadavg", "r");
    const text = buffer.toString("latin1", 0, readSync(loadavg, buffer, 0, buffer.length, 0));
    return Number(text.slice(text.lastIndexOf(" "))) || undefined;
  } catch {
    if (loadavg !== undefined) closeSync(loadavg);
    loadavg = undefined;
    return undefined;
  }
}

/**
 * The orphans for which `isNew` holds, with all that descends from them. An orphan of this process's descendants becomes
 * a child of process 1, or of an ancestor that has asked for that (PR_SET_CHILD_SUBREAPER, as systemd's user manager).
 * Undefined if the kernel does not list children, or hides process 1.
 */
export function newOrphans(isNew: (pid: number) => boolean): number[] | undefined {
  adopters ??= [1, ...ancestors()];
  const found = new Set<number>();
  for (const adopter of adopters) {
    const children = childrenOf(adopter, adopter);
    if (children === undefined && adopter === 1) return undefined;
    for (const pid of children ?? []) if (isNew(pid) && pid !== process.pid) found.add(pid);
  }
  for (const parent of found) {
    for (const thread of listNumbers(`/proc/${parent}/task`)) {
      for (const pid of childrenOf(parent, thread) ?? []) found.add(pid);
    }
  }
  return [...found];
}

/** Without process 1. */
function ancestors(): number[] {
  const found: number[] = [];
  for (let pid = process.ppid; pid > 1 && !found.includes(pid); pid = parentOf(pid)) found.push(pid);
  return found;
}

function parentOf(pid: number): number {
  const stat = readProc(pid, "stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ", 2)[1]);
}

function childrenOf(pid: number, thread: number): number[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return undefined;
  }
}

/** All processes; none if there is no /proc. */
export function allPids(): number[] {
  return listNumbers("/proc");
}

function listNumbers(path: string): number[] {
  try {
    return readdirSync(path)
      .map(Number)
      .filter((number) => number > 0);
  } catch {
    return [];
  }
}

export function exists(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** A file of a process; empty if it has ended, or belongs to another user. */
export function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return "";
  }
}

/** Where a link of a process leads; empty if it has ended, or belongs to another user. */
export function readProcLink(pid: number, name: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return "";
  }
}
