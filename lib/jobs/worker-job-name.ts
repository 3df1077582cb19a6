import { hash } from "node:crypto";

/** SubmitJob's limit for job names: letters, digits, hyphens and underscores, starting with a letter or digit. */
const LONGEST = 128;
const PREFIX = "anamo-";

/**
 * The name of the jobs that work on a table: `anamo-<table>`. If the table's name does not fit unchanged, the job name
 * ends in its hash, so that no two tables share a job name.
 */
export function workerJobName(table: string): string {
  const name = `${PREFIX}${table.replace(/[^\w-]/g, "_")}`;
  if (name === `${PREFIX}${table}` && name.length <= LONGEST) return name;
  const digits = hash("sha256", table).slice(0, 8);
  return `${name.slice(0, LONGEST - 9)}-${digits}`;
}
