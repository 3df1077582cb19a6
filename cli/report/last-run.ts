import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the words of the last run are noted in a stack's folder. */
export function lastRunPath(dir: string): string {
  return join(dir, "progress", "run.json");
}

/** What was typed to run the list, without the program; nothing if there was no run, or if it read a pipe. */
export function lastRun(dir: string): string[] {
  try {
    return JSON.parse(readFileSync(lastRunPath(dir), "utf8"));
  } catch {
    // not there, or cut off: the disk was full
    return [];
  }
}
