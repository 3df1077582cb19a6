import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemCode, UsageError } from "../lib/errors.ts";

const LOCK_FILE = "stack.lock";
const ATTEMPTS = 5;
const LOOK_EVERY_MS = 50;
const PATIENT_MS = 2_000;

/** What a folder is locked for. A query holds it for a moment only. */
export type LockUse = "run" | "up" | "query";

/** The running process that has locked a folder. */
export interface LockHolder {
  pid: number;
  use: LockUse | undefined;
}

/**
 * Locks a folder for this process; resolves with the function that unlocks it. Waits for a query to end, and says so if
 * that takes long. Throws a UsageError that names the owner if another running process holds the lock. The lock of a
 * dead process is taken over.
 */
export async function lockFolder(
  dir: string,
  use?: LockUse,
  say = (line: string) => void process.stderr.write(`${line}\n`),
): Promise<() => Promise<void>> {
  const path = join(dir, LOCK_FILE);
  const mine = `${[process.pid, startedAt(process.pid), randomUUID(), use ?? "-"].join(" ")}\n`;
  const draft = `${path}.${randomUUID()}`;
  // link() creates the lock file with its whole content, so nobody reads half of it.
  await writeFile(draft, mine).catch((error: unknown) => {
    throw new UsageError(`the folder ${dir} cannot be written to (${systemCode(error)})`, { cause: error });
  });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; ) {
      await queriesEnd(dir, say);
      if (await place(draft, path)) return () => unlock(path, mine);
      const found = await readFile(path, "utf8").catch(() => "");
      const holder = holderIn(found);
      // another query was faster
      if (isOtherQuery(holder)) continue;
      if (holder) throw inUse(dir, found);
      attempt++;
      if (found) await removeDead(path, found, dir);
    }
    throw new UsageError(`${dir} is being locked by another anamo`);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The running process that holds the lock of a folder, if any. */
export async function lockHolder(dir: string): Promise<LockHolder | undefined> {
  return holderIn(await readFile(join(dir, LOCK_FILE), "utf8").catch(() => ""));
}

function holderIn(lock: string): LockHolder | undefined {
  const [pid = "", started = "", , use] = lock.trim().split(" ");
  if (!isProcess(Number(pid), started)) return undefined;
  return { pid: Number(pid), use: use === "run" || use === "up" || use === "query" ? use : undefined };
}

function isOtherQuery(holder: LockHolder | undefined): holder is LockHolder {
  return holder?.use === "query" && holder.pid !== process.pid;
}

/** Waits until no other query holds the lock. */
async function queriesEnd(dir: string, say: (line: string) => void): Promise<void> {
  const startedAtMs = performance.now();
  let hasSaid = false;
  for (;;) {
    const holder = await lockHolder(dir);
    if (!isOtherQuery(holder)) return;
    if (!hasSaid && performance.now() - startedAtMs > PATIENT_MS) {
      say(`anamo: waiting for process ${holder.pid}, which uses ${dir}`);
      hasSaid = true;
    }
    await sleep(LOOK_EVERY_MS);
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

/**
 * When a process started: in clock ticks since boot (from /proc), or, where there is no /proc (macOS), to the second (from
 * `ps`). An empty string if unknown. Without spaces.
 */
export function startedAt(pid: number, proc = "/proc"): string {
  try {
    const stat = readFileSync(`${proc}/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return process.platform === "linux" && proc === "/proc" ? "" : askPs(pid);
  }
}

function askPs(pid: number): string {
  try {
    const options = ["-o", "lstart=", "-p", String(pid)];
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    const text = execFileSync("ps", options, { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"] });
    return text.trim().replace(/\s+/g, "_");
  } catch {
    return "";
  }
}
