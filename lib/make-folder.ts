import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode, UsageError } from "./errors.ts";

/**
 * Makes a folder with those above it, if they are not there. Throws a UsageError where that cannot be. Node.js's own
 * `recursive` tries for ever where a system takes a folder for missing and lets none be made, as Linux does in /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await make(path);
  } catch (error) {
    throw new UsageError(`the folder ${path} cannot be made (${systemCode(error) ?? String(error)})`, { cause: error });
  }
}

async function make(path: string): Promise<void> {
  const code = await tryToMake(path);
  if (code !== "ENOENT" || dirname(path) === path) return;
  await make(dirname(path));
  await mkdir(path).catch((error) => {
    if (systemCode(error) !== "EEXIST") throw error; // another process was as quick
  });
}

/** ENOENT if the folder above is missing, nothing if the folder is there now. Throws what else is in the way. */
async function tryToMake(path: string): Promise<"ENOENT" | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "ENOENT";
    // a folder that is there may be told of by other codes too: EROFS, EISDIR
    if ((await stat(path).catch(() => undefined))?.isDirectory()) return undefined;
    throw error;
  }
}
