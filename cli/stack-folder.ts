import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** Where `anamo run` and `anamo local up` keep their stack by default. */
export const USUAL_FOLDER = ".anamo";

/**
 * The stack's folder for commands that name none: `.anamo` here, or else, as git looks for its repository, the nearest
 * one above that has a table; `.anamo` here if there is none. The path is relative to `from`.
 */
export function usualFolder(from: string = process.cwd()): string {
  for (let at = resolve(from); ; at = dirname(at)) {
    const folder = join(at, USUAL_FOLDER);
    if (existsSync(join(folder, "dynamodb"))) return relative(from, folder);
    if (at === dirname(at)) return USUAL_FOLDER;
  }
}

let ownFolder: string | undefined;

/** Notes the folder of the stack that is up for this command only; undefined once it is closed. */
export function noteOwnStack(dir: string | undefined): void {
  ownFolder = dir;
}

/** The folder of the stack that is up for this command only, if there is one: nobody can reach it afterwards. */
export function ownStackFolder(): string | undefined {
  return ownFolder;
}

/** Says that the stack is that of a folder above. */
export function aboveText(folder: string): string {
  return `using the stack of a folder above, ${folder}`;
}
