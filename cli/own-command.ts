import { basename, delimiter, dirname } from "node:path";
import { shellWords } from "./output/shell-words.ts";

/**
 * The words that start this command the way it was started, for lines to copy: `./anamo` in a checkout. Never a bare
 * `npx anamo`: outside folders that have this package, npx runs whatever a public registry has under that name.
 */
export function ownCommand(): string[] {
  const { argv, argv0, env } = process;
  // the launchers pass on their own path
  const isLaunched = basename(argv0) === "anamo";
  if (/node_modules\/\.bin\/anamo$/.test(isLaunched ? argv0 : (argv[1] ?? ""))) return ["npx", "--no-install", "anamo"];
  const isOnPath = (env.PATH ?? "").split(delimiter).includes(dirname(argv0));
  return isLaunched && !isOnPath ? [argv0] : ["anamo"];
}

/**
 * A worker's message, rewritten with the command as it must be typed here: a worker does not know how people start it.
 */
export function inOwnWords(message: string): string {
  return message.replace(/(?<=(?:make it again|then this item): )anamo(?= reset )/, () => shellWords(ownCommand()));
}

/** One of our command lines, to be copied; `words` follow the name. */
export function ownLine(words: string): string {
  return `${shellWords(ownCommand())} ${words}`;
}
