import { getCompileCacheDir } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

// As this file is: TypeScript in the repository, JavaScript in the package.
const MAIN = new URL(`../worker/main${extname(import.meta.filename)}`, import.meta.url);

/** Program and arguments of a worker process. */
export function workerCommand(): string[] {
  return [process.execPath, fileURLToPath(MAIN)];
}

/**
 * Variables with which workers start in half the time: they keep compiled code where this process does, of which it is
 * a part, else in the stack's folder.
 */
export function startFaster(dir: string): Record<string, string> {
  // the folder that is given has one in it for each version of Node.js, which is what this names
  const own = getCompileCacheDir();
  return { NODE_COMPILE_CACHE: own ? dirname(own) : join(dir, "cache") };
}
