import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Program and arguments of a worker process: the sources in a checkout, the built file in an installed package. */
export function workerCommand(): string[] {
  const source = new URL("../../worker/main.ts", import.meta.url);
  const built = new URL("../worker/main.js", import.meta.url);
  return [process.execPath, fileURLToPath(existsSync(source) ? source : built)];
}
