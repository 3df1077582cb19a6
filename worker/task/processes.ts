import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";

const buffer = Buffer.allocUnsafe(16 * 1024);
/** Kept open: including the path through /proc, a read would cost several times as much. */
let loadavg: number | undefined;
let adopters: Map<number, number> | undefined;

/** The process id that Linux assigned most recently in this namespace: the last number in /proc/loadavg. */
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
 * Processes that may be orphans and for which `isNew` holds. An orphan of this process's descendants becomes a child of
 * process 1, or of an ancestor that has asked for that (PR_SET_CHILD_SUBREAPER, like systemd's user manager). Undefined
 * if the kernel does not list children, or hides process 1.
 */
export function newOrphans(isNew: (pid: number) => boolean): number[] | undefined {
  adopters ??= openAdopters();
  if (!adopters.has(1)) return undefined;
  const found = new Set<number>();
  for (const [adopter, file] of adopters) {
    const children = readPids(file);
    if (children === undefined) {
      closeSync(file);
      adopters.delete(adopter);
    }
    for (const pid of children ?? []) if (isNew(pid) && pid !== process.pid) found.add(pid);
  }
  return [...found];
}

/** The processes and all their descendants. */
export function withDescendants(pids: readonly number[]): number[] {
  const found = new Set(pids);
  for (const parent of found) for (const pid of childrenOf(parent)) found.add(pid);
  return [...found];
}

function openAdopters(): Map<number, number> {
  const files = new Map<number, number>();
  for (const pid of [1, ...ancestors()]) {
    try {
      files.set(pid, openSync(`/proc/${pid}/task/${pid}/children`, "r"));
    } catch {
      // not listed, or ended, in which case it adopts nobody
    }
  }
  return files;
}

/** Undefined if the process has ended. */
function readPids(file: number): number[] | undefined {
  try {
    let text = "";
    for (;;) {
      const bytes = readSync(file, buffer, 0, buffer.length, text.length);
      if (bytes === 0) break;
      text += buffer.toString("latin1", 0, bytes);
    }
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return undefined;
  }
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

function childrenOf(pid: number): number[] {
  const threads = listNumbers(`/proc/${pid}/task`);
  return threads.flatMap((thread) => readProc(pid, `task/${thread}/children`).split(" ").filter(Boolean).map(Number));
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

/** Where a link of a process leads; empty if the process has ended, or belongs to another user. */
export function readProcLink(pid: number, name: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return "";
  }
}
