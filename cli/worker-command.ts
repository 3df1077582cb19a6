import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sameCompileCache } from "../lib/process/compile-cache.ts";

// TypeScript in the repository, JavaScript in the package, like this file
const MAIN = new URL(`../worker/main${extname(import.meta.filename)}`, import.meta.url);

/** Program and arguments of a worker process. */
export function workerCommand(): string[] {
  return [process.execPath, fileURLToPath(MAIN)];
}

/**
 * Variables that halve the start time of workers: they keep compiled code in the cache folder of this process, if it
 * has one, otherwise in the stack's folder.
 */
export function startFaster(dir: string): Record<string, string> {
  return { NODE_COMPILE_CACHE: join(dir, "cache"), ...sameCompileCache() };
}
