import { randomUUID } from "node:crypto";
import { rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { systemCode } from "../../lib/errors.ts";

/** A lock whose file has not been touched for this long belongs to a worker that is gone. */
const STALE_MS = 30_000;

/** What the lock requires from outside. */
export interface LockDeps {
  signal: AbortSignal;
  staleMs?: number;
}

/**
 * Runs `work` while no other process with the same lock file does. The owner touches the file while it is alive,
 * because process ids mean nothing between containers that share a folder. The lock of a worker that was suspended for
 * longer can be taken while that worker is still working, so use it only to avoid doing work twice, not for
 * correctness.
 */
export async function oneAtATime<T>(lock: string, work: () => Promise<T>, deps: LockDeps): Promise<T> {
  const { signal, staleMs = STALE_MS } = deps;
  while (!(await take(lock))) {
    if (await isStale(lock, staleMs)) await takeAway(lock);
    else await sleep(Math.min(500, staleMs / 10), undefined, { signal });
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {});
  }, staleMs / 6);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, "", { flag: "wx" });
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function isStale(lock: string, staleMs: number): Promise<boolean> {
  try {
    return (await stat(lock)).mtimeMs < Date.now() - staleMs;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** Renames the file, so that only one of two processes that find it stale gets it. */
async function takeAway(lock: string): Promise<void> {
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
  await rm(aside, { force: true });
}
