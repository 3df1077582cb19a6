import { createHash } from "node:crypto";
import { access, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../../../lib/errors.ts";
import { lockFolder } from "../../../local/folder-lock.ts";

/** Where fetched things are kept; git leaves it out. */
export const CACHE_DIR = join(import.meta.dirname, "../../../.cache/emulators");

const COMPLETE = ".complete";
const LOCK_PAUSE_MS = 200;

/**
 * The folder with what `make` puts into it, made once for each `pin` (a text that says exactly what is wanted): as long
 * as it is whole, nothing is fetched. What was left half done, or by another pin, is removed. Two at once wait for each
 * other.
 */
export async function kept(name: string, pin: string, make: (dir: string) => Promise<void>): Promise<string> {
  const dir = join(CACHE_DIR, `${name}-${createHash("sha256").update(pin).digest("hex").slice(0, 12)}`);
  if (await isWhole(dir)) return dir;
  await mkdir(CACHE_DIR, { recursive: true });
  const unlock = await takeCache();
  try {
    if (await isWhole(dir)) return dir;
    const earlier = (await readdir(CACHE_DIR)).filter((entry) => entry.startsWith(`${name}-`));
    for (const entry of earlier) await rm(join(CACHE_DIR, entry), { recursive: true, force: true });
    await mkdir(dir);
    await make(dir);
    await writeFile(join(dir, COMPLETE), pin);
    return dir;
  } finally {
    await unlock();
  }
}

async function isWhole(dir: string): Promise<boolean> {
  return access(join(dir, COMPLETE)).then(
    () => true,
    () => false,
  );
}

async function takeCache(): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await lockFolder(CACHE_DIR);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      await sleep(LOCK_PAUSE_MS);
    }
  }
}
