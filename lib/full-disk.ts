import { statfsSync } from "node:fs";

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
