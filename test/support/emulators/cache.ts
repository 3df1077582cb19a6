import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../../../lib/errors.ts";
import { lockFolder } from "../../../local/folder-lock.ts";

/** Folder for downloads and builds, which git ignores. ANAMO_TEST_CACHE replaces it, to share it between checkouts. */
const cacheDir = () => process.env.ANAMO_TEST_CACHE ?? join(import.meta.dirname, "../../../.cache/emulators");

const COMPLETE = ".complete";
const LOCK_PAUSE_MS = 200;

/**
 * The folder that `make` fills, once for each `pin` (a text that says exactly what is wanted). It is filled under a
 * temporary name and then renamed, so `make` must not store the folder's path in it, and an interrupted run leaves
 * nothing that breaks a later one. Removes folders of other pins. Concurrent runs wait for each other.
 */
export async function kept(name: string, pin: string, make: (dir: string) => Promise<void>): Promise<string> {
  const dir = join(cacheDir(), `${name}-${createHash("sha256").update(pin).digest("hex").slice(0, 12)}`);
  if (await isWhole(dir)) return dir;
  await mkdir(cacheDir(), { recursive: true });
  const unlock = await lockCache();
  try {
    if (await isWhole(dir)) return dir;
    await removeOthers(name);
    const draft = join(cacheDir(), `${name}-part-${randomUUID()}`);
    await mkdir(draft);
    try {
      await make(draft);
      await writeFile(join(draft, COMPLETE), pin);
      await rename(draft, dir);
    } catch (error) {
      await remove(draft);
      throw error;
    }
    return dir;
  } finally {
    await unlock();
  }
}

/** Whether `dir` was filled completely. */
async function isWhole(dir: string): Promise<boolean> {
  return access(join(dir, COMPLETE)).then(
    () => true,
    () => false,
  );
}

/** Removes what other pins and interrupted runs have left. */
async function removeOthers(name: string): Promise<void> {
  for (const entry of await readdir(cacheDir())) {
    if (!entry.startsWith(`${name}-`)) continue;
    // Rename it first, so that a path that is about to be used is free even if removing it takes a second try.
    const aside = join(cacheDir(), `${name}-part-${randomUUID()}`);
    await rename(join(cacheDir(), entry), aside);
    await remove(aside);
  }
}

/**
 * Removes a folder as far as possible. The pip or cargo of a killed run may still be writing into it, which makes rm()
 * fail with ENOTEMPTY; the next run that needs something new tries again.
 */
async function remove(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true }).catch(() => {});
}

async function lockCache(): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await lockFolder(cacheDir());
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      await sleep(LOCK_PAUSE_MS);
    }
  }
}
