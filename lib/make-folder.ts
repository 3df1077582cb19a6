import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode, UsageError } from "./errors.ts";
import { fileProblem } from "./file-problem.ts";

/**
 * Creates a folder and its missing parents. Throws a UsageError if it cannot. Node.js's own `recursive` option loops
 * forever if the system reports a folder as missing but refuses to create it, as Linux does in /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await make(path);
  } catch (error) {
    throw new UsageError(`the folder ${path} cannot be created: ${fileProblem(error)}`, { cause: error });
  }
}

async function make(path: string): Promise<void> {
  const code = await tryToMake(path);
  if (code !== "ENOENT" || dirname(path) === path) return;
  await make(dirname(path));
  await mkdir(path).catch((error) => {
    if (systemCode(error) !== "EEXIST") throw error; // another process was faster
  });
}

/** Returns ENOENT if the parent folder is missing, or undefined if the folder now exists. Throws any other error. */
async function tryToMake(path: string): Promise<"ENOENT" | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "ENOENT";
    // for an existing folder, the error may also be EROFS or EISDIR
    if ((await stat(path).catch(() => undefined))?.isDirectory()) return undefined;
    throw error;
  }
}
