import { existsSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { systemCode } from "../errors.ts";
import type { ResultPlace } from "./place.ts";

/**
 * Why results cannot be copied to a folder, as text to put after "found …"; undefined if they can. Copies among the
 * results themselves would count as stored results, and those in anamo's own folders would be lost with them.
 */
export async function copyTargetProblem(target: string, place: ResultPlace): Promise<string | undefined> {
  const to = await realOf(resolve(target));
  if ((await stat(to).catch(() => undefined))?.isDirectory() === false) return "which is a file";
  if ("folder" in place) {
    const from = await realOf(place.folder);
    if (to === from) return "where the results are stored";
    if (isInside(to, from)) return `which is inside of ${place.folder}, where the results are stored`;
    if (to === dirname(from)) return `which has the folder of the results itself, ${place.folder}`;
  }
  for (let at = to; at !== dirname(at); at = dirname(at)) {
    if (isStack(at)) return at === to ? "which is anamo's own" : `which is inside of ${at}, anamo's own folder`;
  }
  return isStack(join(to, ".anamo")) ? "which has .anamo, anamo's own folder" : undefined;
}

/** Whether a folder is, or was, that of a stack on this machine. */
function isStack(folder: string): boolean {
  return basename(folder) === ".anamo" ? existsSync(folder) : existsSync(join(folder, "dynamodb", "last-used.json"));
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

/** A path without links, of which only the beginning may exist. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT" || path === dirname(path)) return path;
    return join(await realOf(dirname(path)), basename(path));
  }
}
