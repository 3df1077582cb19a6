import { randomBytes } from "node:crypto";
import { lstat, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { systemCode, UsageError } from "../errors.ts";
import { fileProblem } from "../file-problem.ts";
import { makeFolder } from "../make-folder.ts";
import type { Put } from "./writer.ts";

/**
 * Has `write` fill a file, and puts it in place in one step once it is complete, so nobody reads half a file, and a
 * failed export leaves an earlier one as it was. Creates missing folders.
 */
export async function toWholeFile(file: string, write: (draft: string) => Promise<void>): Promise<void> {
  const target = await targetOf(file);
  await makeFolder(dirname(target));
  const draft = draftOf(target);
  try {
    await write(draft);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw asUsage(file, error);
  }
}

/** A name in the same folder that no other file has, short enough for every disk. */
function draftOf(target: string): string {
  const name = Buffer.from(basename(target))
    .subarray(0, 200)
    .toString()
    .replace(/\uFFFD+$/, "");
  return join(dirname(target), `${name}.${randomBytes(6).toString("hex")}.new`);
}

/** Whether there is a file that an export would replace. A UsageError of {@link toWholeFile} takes precedence. */
export async function isReplaceable(file: string): Promise<boolean> {
  if (!(await mayReplace(file))) return false;
  const found = await lstat(await targetOf(file)).catch(() => undefined);
  return found !== undefined;
}

/** {@link toWholeFile} for bytes that arrive one after another. Writes directly to a pipe or a device. */
export async function toFile(file: string, write: (put: Put) => Promise<void>): Promise<void> {
  if (await mayReplace(file)) return toWholeFile(file, (draft) => writeTo(draft, write));
  return writeTo(file, write).catch((error: unknown) => {
    throw asUsage(file, error);
  });
}

/** False for the target of a link such as /dev/stdout: replacing that file would take it away from everybody. */
async function mayReplace(file: string): Promise<boolean> {
  if (!(await lstat(file).catch(() => undefined))) return true;
  const target = await realpath(file).catch(() => undefined);
  const found = target === undefined ? undefined : await lstat(target).catch(() => undefined);
  return found !== undefined && (found.isFile() || found.isDirectory());
}

async function writeTo(path: string, write: (put: Put) => Promise<void>): Promise<void> {
  const handle = await open(path, "w");
  try {
    await write(async (bytes) => {
      if (bytes.length > 0) await handle.writeFile(bytes);
    });
  } finally {
    await handle.close();
  }
}

/** The file that a link leads to. Throws a UsageError for a folder, and for a link to something without a path. */
async function targetOf(file: string): Promise<string> {
  const path = await realpath(file).catch(() => resolve(file));
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink()) throw new UsageError(`${file}: expected a file, found a link to something else`);
  if (found?.isDirectory()) throw new UsageError(`${file}: expected a file, found a folder`);
  return path;
}

/** Errors of the file system say what they are about; other errors, such as those of the table, stay unchanged. */
function asUsage(file: string, error: unknown): unknown {
  const code = systemCode(error);
  const isOfFile = error instanceof Error && "syscall" in error && !("address" in error) && code !== undefined;
  // SQLite's own words
  if (error instanceof Error && error.message === "database or disk is full") {
    return new UsageError(`${file} cannot be written: the disk is full`, { cause: error });
  }
  if (!isOfFile || error instanceof UsageError) return error;
  return new UsageError(`${file} cannot be written: ${fileProblem(error)}`, { cause: error });
}
