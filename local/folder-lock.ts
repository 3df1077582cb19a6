import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode, UsageError } from "../lib/errors.ts";

const LOCK_FILE = "stack.lock";
const ATTEMPTS = 5;

/**
 * Locks a folder for this process; resolves with the function that unlocks it. Throws a UsageError that names the
 * owner if a running process holds the lock. The lock of a dead process is taken over.
 */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, LOCK_FILE);
  const mine = `${process.pid} ${startedAt(process.pid)} ${randomUUID()}\n`;
  const draft = `${path}.${randomUUID()}`;
  // link() creates the lock file with its whole content, so nobody reads half of it.
  await writeFile(draft, mine).catch((error: unknown) => {
    throw new UsageError(`the folder ${dir} cannot be written to (${systemCode(error)})`, { cause: error });
  });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await place(draft, path)) return () => unlock(path, mine);
      const found = await readFile(path, "utf8").catch(() => "");
      if (isHeld(found)) throw inUse(dir, found);
      if (found) await removeDead(path, found, dir);
    }
    throw new UsageError(`${dir} is being locked by another anamo`);
  } finally {
    await rm(draft, { force: true });
  }
}

async function place(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Removes the lock of a dead process, unless a running one has replaced it in the meantime. */
async function removeDead(path: string, dead: string, dir: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  const taken = await readFile(aside, "utf8");
  if (taken !== dead && !(await place(aside, path))) throw inUse(dir, taken);
  await rm(aside, { force: true });
}

async function unlock(path: string, mine: string): Promise<void> {
  if ((await readFile(path, "utf8").catch(() => "")) === mine) await unlink(path);
}

function inUse(dir: string, lock: string): UsageError {
  return new UsageError(`${dir} is in use by process ${Number.parseInt(lock, 10)}: end it, or give another --dir`);
}

function isHeld(lock: string): boolean {
  const [pid = "", started = ""] = lock.split(" ");
  return isProcess(Number(pid), started);
}

/** Whether `pid` runs and is the process that started at `started`: process ids are reused. */
export function isProcess(pid: number, started: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === "ESRCH") return false;
  }
  return startedAt(pid) === started;
}

/** When a process started, in clock ticks since boot (from /proc); an empty string if unknown. */
export function startedAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
