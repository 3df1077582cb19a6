import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";

/** The default folder for the stack of `anamo run` and `anamo local up`. */
export const USUAL_FOLDER = ".anamo";

/**
 * The stack's folder for commands that name none: `.anamo` here, or else the nearest one above that has a table, as git
 * looks for its repository; if there is none, `.anamo` here. The path is relative to `from`.
 */
export function usualFolder(from: string = process.cwd()): string {
  for (let at = resolve(from); ; at = dirname(at)) {
    const folder = join(at, USUAL_FOLDER);
    if (existsSync(join(folder, "dynamodb"))) return relative(from, folder);
    if (at === dirname(at)) return USUAL_FOLDER;
  }
}

let ownFolder: string | undefined;

/** Records the folder of the stack that is up only for this command; undefined once it is closed. */
export function noteOwnStack(dir: string | undefined): void {
  ownFolder = dir;
}

/** The folder of the stack that is up only for this command, if there is one: nobody can reach it afterwards. */
export function ownStackFolder(): string | undefined {
  return ownFolder;
}

/** The folder that `--dir` names, or the default one, which may be above. */
export function chosenFolder(command: Command, dir: string): { dir: string; isAbove: boolean } {
  if (command.getOptionValueSource("dir") !== "default") return { dir, isAbove: false };
  const usual = usualFolder();
  return { dir: usual, isAbove: usual !== USUAL_FOLDER };
}

/** {@link chosenFolder} as an absolute path; says on stderr if it is above. */
export function chooseFolder(command: Command, given: string): string {
  const { dir, isAbove } = chosenFolder(command, given);
  if (isAbove) process.stderr.write(`anamo: ${aboveText(dir)}\n`);
  return resolve(dir);
}

/** Whether commands that name no folder use this one. */
export function isUsualFolder(dir: string): boolean {
  return resolve(usualFolder()) === resolve(dir);
}

let upFolder: string | undefined;

/** Records the folder of the stack that was up before this command; undefined if it uses none. */
export function noteUpStack(dir: string | undefined): void {
  upFolder = dir;
}

/**
 * The folder of the stack that the running command uses, if that stack was started by another process: it may end at
 * any time.
 */
export function upStackFolder(): string | undefined {
  return upFolder;
}

/** The option that makes another command use this folder; none for the folder that it uses anyway. */
export function dirWords(dir: string): string[] {
  return isUsualFolder(dir) ? [] : ["--dir", dir];
}

/** Says that the stack comes from a folder above. */
export function aboveText(folder: string): string {
  return `using the stack of a folder above, ${folder}`;
}
