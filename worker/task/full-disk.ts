import { statSync } from "node:fs";
import { systemCode } from "../../lib/errors.ts";
import { FullDiskError, isDiskFull } from "../../lib/full-disk.ts";
import type { Outcome } from "../../lib/items/item.ts";
import type { OutputEnd } from "./launcher.ts";

interface Places {
  /** where scripts usually write */
  folders: readonly (string | undefined)[];
  output: OutputEnd;
}

/**
 * The message of an outcome, with the part that a full disk played: for a script that failed while a disk was full, or
 * whose output did not fit.
 */
export function explainDisk({ message, cause }: Outcome, { folders, output }: Places): string | undefined {
  const problem = output.stdout.problem ?? output.stderr.problem;
  const hasFailed = cause === "exit" || cause === "signal" || cause === "no-start";
  const full = hasFailed || problem ? onePerDisk(folders).filter(isDiskFull) : [];
  const disks = full.length > 0 ? `the disk of ${full.join(" and of ")} is full` : undefined;
  const log = problem && `part of its output did not fit in a file: ${diskReason(problem, folders[0] ?? "")}`;
  return [message, disks ?? log].filter(Boolean).join("; ") || undefined;
}

function onePerDisk(folders: Places["folders"]): string[] {
  const byDisk = new Map<number, string>();
  for (const folder of folders) {
    const disk = folder === undefined ? undefined : diskOf(folder);
    if (folder !== undefined && disk !== undefined && !byDisk.has(disk)) byDisk.set(disk, folder);
  }
  return [...byDisk.values()];
}

function diskOf(folder: string): number | undefined {
  try {
    return statSync(folder).dev;
  } catch {
    return undefined;
  }
}

/** The message of an error, or that the disk of a folder is full. */
export function diskReason(error: Error, folder: string): string {
  if (error instanceof FullDiskError) return error.message;
  const code = systemCode(error);
  return code === "ENOSPC" || code === "EDQUOT" ? `the disk of ${folder} is full (${code})` : error.message;
}
