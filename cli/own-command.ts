import { basename } from "node:path";
import { shellWords } from "./output/shell-words.ts";

/**
 * The words that start this command the way it was started, for lines to copy: `./anamo` in a checkout. Never a bare
 * `npx anamo`: outside the folders that have this package, npx runs whatever a public registry has under that name.
 */
export function ownCommand(): string[] {
  const { argv, argv0 } = process;
  // the launcher hands on its own name
  if (basename(argv0) === "anamo") return [argv0];
  return /node_modules\/\.bin\/anamo$/.test(argv[1] ?? "") ? ["npx", "--no-install", "anamo"] : ["anamo"];
}

/** One of our command lines, to be copied; `words` follow the name. */
export function ownLine(words: string): string {
  return `${shellWords(ownCommand())} ${words}`;
}
