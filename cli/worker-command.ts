import { join } from "node:path";
import { sameCompileCache } from "../lib/process/compile-cache.ts";
import { programFile } from "../lib/program-file.ts";

/** Program and arguments of a worker process. */
export function workerCommand(): string[] {
  return [process.execPath, programFile("worker/main")];
}

/**
 * Variables that halve the start time of workers: they keep compiled code in the cache folder of this process, if it
 * has one, otherwise in the stack's folder.
 */
export function startFaster(dir: string): Record<string, string> {
  return { NODE_COMPILE_CACHE: join(dir, "cache"), ...sameCompileCache() };
}
