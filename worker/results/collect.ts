import { type Dirent, readdirSync } from "node:fs";
import { lstat, readdir, readlink, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { systemCode, toError } from "../../lib/errors.ts";
import { fileNameProblem, shown } from "../../lib/results/file-name.ts";
import { ResultError } from "../../lib/results/manifest.ts";

/** A file that a script left in `$OUT`. */
export interface FoundFile {
  /** relative, with `/` between its parts */
  name: string;
  path: string;
  bytes: number;
  /** set if it is a link to this file, outside or inside of `$OUT`, whose contents are published */
  linkTo?: string;
}

/**
 * The files below `$OUT`, with links followed, in no particular order; folders without files do not count. Throws a
 * ResultError that says what cannot be published: nothing is left out silently.
 */
export async function collectFiles(out: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  if (isEmpty(out)) return found;
  await checkFolder(out);
  await collect(out, "", found);
  return found;
}

/** Most scripts leave nothing, so this is a call of 10 µs instead of a round trip through the thread pool. */
function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    return false;
  }
}

/** A link in place of `$OUT` would be published as a link, and its target would get the manifest. */
async function checkFolder(out: string): Promise<void> {
  const found = await lstat(out).catch(() => undefined);
  if (!found?.isSymbolicLink()) return;
  const target = await readlink(out);
  throw new ResultError(`$OUT is a link now, to ${shown(target)}: copy what it should contain`);
}

async function collect(folder: string, above: string, found: FoundFile[]): Promise<void> {
  for (const entry of await entriesOf(folder, above)) {
    const name = above === "" ? entry.name : `${above}/${entry.name}`;
    const path = join(folder, entry.name);
    const problem = fileNameProblem(name);
    if (problem) throw new ResultError(`$OUT has ${problem}`);
    if (entry.isDirectory()) await collect(path, name, found);
    else found.push(await fileOf(name, path, entry));
  }
}

async function entriesOf(folder: string, above: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    // a name that is not UTF-8 is returned with replacement characters, and cannot be opened by that
    if (entries.some(({ name }) => name.includes("\ufffd"))) await checkUtf8(folder);
    return entries;
  } catch (error) {
    if (error instanceof ResultError) throw error;
    const where = above === "" ? "$OUT" : `$OUT/${above}`;
    const why = systemCode(error) === "ENOENT" ? "the script has removed it" : toError(error).message;
    throw new ResultError(`${where} cannot be read: ${why}`, { cause: error });
  }
}

async function checkUtf8(folder: string): Promise<void> {
  for (const name of await readdir(folder, { encoding: "buffer" })) {
    const text = name.toString("utf8");
    if (!Buffer.from(text).equals(name)) throw new ResultError(`$OUT has a name that is not UTF-8: ${shown(text)}`);
  }
}

async function fileOf(name: string, path: string, entry: Dirent): Promise<FoundFile> {
  if (entry.isSymbolicLink()) {
    const linkTo = await realpath(path).catch((error) => {
      const why = systemCode(error) === "ENOENT" ? "a file that is not there" : `nothing (${toError(error).message})`;
      throw new ResultError(`$OUT/${shown(name)} is a link to ${why}`, { cause: error });
    });
    const target = await stat(linkTo);
    if (target.isFile()) return { name, path, bytes: target.size, linkTo };
    const kind = target.isDirectory() ? "a folder" : "something that is not a file";
    throw new ResultError(`$OUT/${shown(name)} is a link to ${kind}, ${linkTo}: copy what it should contain`);
  }
  if (!entry.isFile()) throw new ResultError(`$OUT/${shown(name)} is not a file, but ${kindOf(entry)}`);
  return { name, path, bytes: (await lstat(path)).size };
}

function kindOf(entry: Dirent): string {
  if (entry.isFIFO()) return "a named pipe";
  if (entry.isSocket()) return "a socket";
  return "a device";
}

/** Whether a path is below a folder; both are absolute and free of links. */
export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}${sep}`);
}
