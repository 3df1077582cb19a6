import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCode } from "../lib/errors.ts";
import { isProcess, startedAt } from "./folder-lock.ts";

/** The table of a stack, unless another is named. */
export const USUAL_TABLE = "anamo";

/** What a running stack publishes in `<dir>/stack.json`. */
export interface StackInfo {
  pid: number;
  table: string;
  bucket: string;
  /** the environment variables that point the SDK, the AWS CLI and anamo to it */
  env: Record<string, string>;
}

const pathOf = (dir: string) => join(dir, "stack.json");

/** Records that a stack runs on the folder. */
export async function writeStackFile(dir: string, info: StackInfo): Promise<void> {
  const draft = `${pathOf(dir)}.new`;
  await writeFile(draft, `${JSON.stringify({ ...info, started: startedAt(info.pid) }, null, 2)}\n`);
  await rename(draft, pathOf(dir));
}

/** The table and bucket of a stack, and its results folder if that is not the default. */
export type StackNames = Pick<StackInfo, "table" | "bucket"> & { results?: string };

// LevelDB and dynoxide leave files with other names alone
const namesPathOf = (dir: string) => join(dir, "dynamodb", "last-used.json");

/** Records the names that a stack on the folder uses, for queries while none is up. */
export async function writeStackNames(dir: string, { table, bucket, results }: StackNames): Promise<void> {
  const draft = `${namesPathOf(dir)}.new`;
  await writeFile(draft, `${JSON.stringify({ table, bucket, results })}\n`);
  await rename(draft, namesPathOf(dir));
}

/** The names that the last stack on the folder used, or the default names if they were not recorded. */
export async function readStackNames(dir: string): Promise<StackNames> {
  const text = await readFile(namesPathOf(dir), "utf8").catch(() => "{}");
  return { table: "anamo", bucket: "anamo-local", ...(JSON.parse(text) as Partial<StackNames>) };
}

/**
 * The default folder for a stack's results: next to `.anamo`, where people will find it, or inside a folder with any
 * other name. Two tables may have the same itemIDs, so every table but the default one has its own folder.
 */
export function usualResults(dir: string, table: string): string {
  const name = table === USUAL_TABLE ? "results" : `results-${table}`;
  return join(basename(dir) === ".anamo" ? dirname(dir) : dir, name);
}

/** Removes what {@link writeStackFile} wrote. */
export async function removeStackFile(dir: string): Promise<void> {
  await rm(pathOf(dir), { force: true });
}

/** The stack that is running on the folder; undefined if there is none or its process has ended. */
export async function readStackFile(dir: string): Promise<StackInfo | undefined> {
  const text = await readFile(pathOf(dir), "utf8").catch((error) => {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { started, ...info } = JSON.parse(text) as StackInfo & { started: string };
  return isProcess(info.pid, started) ? info : undefined;
}
