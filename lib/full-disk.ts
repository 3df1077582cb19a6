import { statfsSync } from "node:fs";

/** A disk with less room than this counts as full. */
const FULL_BYTES = 64 * 1024;

/** Whether next to nothing can be written to the disk of a folder. False if that is unknown. */
export function isDiskFull(folder: string): boolean {
  try {
    const { blocks, bavail, bsize, files, ffree } = statfsSync(folder);
    // /proc and its like have no blocks
    return (blocks > 0 && bavail * bsize < FULL_BYTES) || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}
