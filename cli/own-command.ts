import { basename } from "node:path";
import { shellWords } from "./output/shell-words.ts";

/**
 * The words that start this command the way it was started, for lines that people copy: `./anamo` in a checkout. Never
 * a bare `npx anamo`: outside the folders that have this package, npx takes what a public registry has under the name.
 */
export function ownCommand(): string[] {
  const { argv, argv0 } = process;
  // the launcher hands on its own name
  if (basename(argv0) === "anamo") return [argv0];
  return /node_modules\/\.bin\/anamo$/.test(argv[1] ?? "") ? ["npx", "--no-install", "anamo"] : ["anamo"];
}

/** A command line of ours, to be copied; `words` is what follows the name. */
export function ownLine(words: string): string {
  return `${shellWords(ownCommand())} ${words}`;
}
