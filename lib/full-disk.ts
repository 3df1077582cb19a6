import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { systemCode } from "./errors.ts";

/** A disk with less free space than this counts as full. */
const FULL_BYTES = 64 * 1024;

/** Whether the disk that holds a folder is practically full. False if that is unknown. */
export function isDiskFull(folder: string): boolean {
  try {
    const { blocks, bavail, bsize, files, ffree } = statfsSync(folder);
    // /proc and similar file systems have no blocks
    return (blocks > 0 && bavail * bsize < FULL_BYTES) || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}

/** How many bytes can be written to the disk of a folder, or of its nearest parent that exists; 0 if unknown. */
export function freeBytes(folder: string): number {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    } catch {
      if (at === dirname(at)) return 0;
    }
  }
}

/** Whether an error says that a disk, or someone's share of it, is full. */
export function isFullError(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(systemCode(error) ?? "");
}

/** The disk of a folder is full; says how much is free and how much was needed. */
export class FullDiskError extends Error {
  readonly code: string;

  constructor(folder: string, neededBytes: number, cause: unknown) {
    const code = systemCode(cause) ?? "ENOSPC";
    const [needed, free] = [neededBytes, freeBytes(folder)].map((bytes) => bytes.toLocaleString("en-US"));
    super(`the disk of ${folder} is full (${code}): ${needed} bytes needed, ${free} free`, { cause });
    this.code = code;
  }
}
