import { hash } from "node:crypto";

/** Longest name of a job, by SubmitJob: letters, digits, hyphens and underscores, beginning with a letter or digit. */
const LONGEST = 128;
const PREFIX = "anamo-";

/**
 * The name of the jobs that work on a table: `anamo-<table>`. A table whose name does not fit as it is gets a hash of it
 * at the end, so that no two tables share a name.
 */
export function workerJobName(table: string): string {
  const name = `${PREFIX}${table.replace(/[^\w-]/g, "_")}`;
  if (name === `${PREFIX}${table}` && name.length <= LONGEST) return name;
  const digits = hash("sha256", table).slice(0, 8);
  return `${name.slice(0, LONGEST - 9)}-${digits}`;
}
