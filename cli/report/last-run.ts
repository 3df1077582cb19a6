import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The file in a stack's folder that records the words of the last run. */
export function lastRunPath(dir: string): string {
  return join(dir, "progress", "run.json");
}

/** What was typed to run the list, without the program; nothing if there was no run, or if it read a pipe. */
export function lastRun(dir: string): string[] {
  try {
    return JSON.parse(readFileSync(lastRunPath(dir), "utf8"));
  } catch {
    // missing, or truncated because the disk was full
    return [];
  }
}
