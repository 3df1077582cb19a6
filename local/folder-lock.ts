import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemCode, UsageError } from "../lib/errors.ts";
import { isDiskFull } from "../lib/full-disk.ts";
import { HELD, lockFile } from "./file-lock.ts";

const LOCK_FILE = "stack.lock";
const GUARD_FILE = "stack.guard";
/** How often to look for the name of the process that has the guard. */
const ATTEMPTS = 100;
const LOOK_EVERY_MS = 50;
const PATIENT_MS = 2_000;

/** What a folder is locked for. A query holds the lock only briefly. */
export type LockUse = "run" | "up" | "query";

/** What to do while another process holds a lock. */
interface LockWait {
  /** receives a line if that takes long */
  say: (line: string) => void;
  /** stops the wait; lockFolder then rejects with the signal's reason */
  signal?: AbortSignal | undefined;
}

/** A person is waiting, so the line goes to stderr. */
const ON_STDERR: LockWait = { say: (line) => void process.stderr.write(`${line}\n`) };

/** The running process that has locked a folder. */
export interface LockHolder {
  pid: number;
  use: LockUse | undefined;
}

/** Another running process has locked the folder for more than a moment. */
export class FolderInUseError extends UsageError {
  readonly dir: string;
  readonly holder: LockHolder;

  constructor(dir: string, holder: LockHolder) {
    const what = holder.use === "run" || holder.use === "up" ? `, ${USE_NAMES[holder.use]}` : "";
    super(`${dir} is in use by process ${holder.pid}${what}`);
    this.dir = dir;
    this.holder = holder;
  }
}

const USE_NAMES = { run: '"anamo run"', up: '"anamo local up"' } as const;

/**
 * Locks a folder for this process; resolves with the function that unlocks it. Waits for a query to end, and reports
 * that if it takes long. Throws a FolderInUseError if another running process holds the lock.
 *
 * The operating system keeps the lock, on `stack.guard`, so the lock ends with its process. `stack.lock` only says
 * whose it is; versions before November 2026 do not know the guard, and use that file as the lock.
 */
export async function lockFolder(
  dir: string,
  use?: LockUse,
  wait: Partial<LockWait> = {},
): Promise<() => Promise<void>> {
  const path = join(dir, LOCK_FILE);
  const release = await guard(dir, { ...ON_STDERR, ...wait });
  try {
    const holder = await lockHolder(dir);
    if (holder) throw new FolderInUseError(dir, holder);
    await writeFile(path, `${[process.pid, startedAt(process.pid), randomUUID(), use ?? "-"].join(" ")}\n`);
  } catch (error) {
    release();
    throw error instanceof UsageError ? error : cannotWrite(dir, error);
  }
  return async () => {
    await rm(path, { force: true });
    release();
  };
}

/** Takes the guard as soon as no query has it. */
async function guard(dir: string, wait: LockWait): Promise<() => void> {
  let nameless = 0;
  for (;;) {
    await queriesEnd(dir, wait);
    const release = await lockFile(join(dir, GUARD_FILE)).catch((error: unknown) => {
      throw cannotWrite(dir, error);
    });
    if (release !== HELD) return release;
    const holder = await lockHolder(dir);
    // another query was faster
    if (isOtherQuery(holder)) continue;
    if (holder) throw new FolderInUseError(dir, holder);
    // the process that has it is about to write its name, or to unlock
    if (++nameless > ATTEMPTS) throw new UsageError(`${dir} is being locked by another anamo`);
    await sleep(LOOK_EVERY_MS);
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
async function queriesEnd(dir: string, { say, signal }: LockWait): Promise<void> {
  const startedAtMs = performance.now();
  let hasSaid = false;
  for (;;) {
    signal?.throwIfAborted();
    const holder = await lockHolder(dir);
    if (!isOtherQuery(holder)) return;
    if (!hasSaid && performance.now() - startedAtMs > PATIENT_MS) {
      say(`anamo: waiting for process ${holder.pid}, which uses ${dir} (to end it: kill ${holder.pid})`);
      hasSaid = true;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

function cannotWrite(dir: string, error: unknown): UsageError {
  // SQLite, which locks the folder, reports all errors under one code
  if (isDiskFull(dir)) return new UsageError(`the disk of ${dir} is full`, { cause: error });
  const why = systemCode(error) ?? (error instanceof Error ? error.message : String(error));
  return new UsageError(`the folder ${dir} cannot be written to (${why})`, { cause: error });
}

/** Whether `pid` is running and is the process that started at `started`: process ids are reused. */
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
 * When a process started: in clock ticks since boot (from /proc) or, without /proc (macOS), to the second (from `ps`).
 * Contains no spaces; empty if unknown.
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
