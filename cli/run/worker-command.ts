import { extname } from "node:path";
import { fileURLToPath } from "node:url";

// As this file is: TypeScript in the repository, JavaScript in the package.
const MAIN = new URL(`../../worker/main${extname(import.meta.filename)}`, import.meta.url);

/** Program and arguments of a worker process. */
export function workerCommand(): string[] {
  return [process.execPath, fileURLToPath(MAIN)];
}
