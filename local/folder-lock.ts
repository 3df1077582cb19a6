import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode, UsageError } from "../lib/errors.ts";

const LOCK_FILE = "stack.lock";
const ATTEMPTS = 5;

/**
 * Takes the folder for this process, and returns what gives it back. A second one gets a UsageError that names the
 * process that has it; what a dead process left is taken over.
 */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, LOCK_FILE);
  const mine = `${process.pid} ${startedAt(process.pid)} ${randomUUID()}\n`;
  const draft = `${path}.${randomUUID()}`;
  // A link makes the file with all its words at once: nobody reads half a lock.
  await writeFile(draft, mine).catch((error: unknown) => {
    throw new UsageError(`the folder ${dir} cannot be written to (${systemCode(error)})`, { cause: error });
  });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await place(draft, path)) return () => giveBack(path, mine);
      const found = await readFile(path, "utf8").catch(() => "");
      if (isHeld(found)) throw inUse(dir, found);
      if (found) await takeAway(path, found, dir);
    }
    throw new UsageError(`${dir} is being taken by another anamo`);
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

/** Removes the lock of a dead process, unless a living one has taken its place since we looked. */
async function takeAway(path: string, dead: string, dir: string): Promise<void> {
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

async function giveBack(path: string, mine: string): Promise<void> {
  if ((await readFile(path, "utf8").catch(() => "")) === mine) await unlink(path);
}

function inUse(dir: string, lock: string): UsageError {
  return new UsageError(`${dir} is in use by process ${Number.parseInt(lock, 10)}: end it, or give another --dir`);
}

function isHeld(lock: string): boolean {
  const [pid = "", started = ""] = lock.split(" ");
  return isProcess(Number(pid), started);
}

/** Whether the process `pid` lives and is the one that started at `started`: numbers are used again. */
export function isProcess(pid: number, started: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === "ESRCH") return false;
  }
  return startedAt(pid) === started;
}

/** When a process started, in ticks since boot; an empty string where that cannot be known. */
export function startedAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
