import { UnusableFileError } from "./problem.ts";

const WORDS: Readonly<Record<string, string>> = {
  pipe: "|",
  comma: ",",
  tab: "\t",
  "\\t": "\t",
  semicolon: ";",
  space: " ",
};

/** The delimiters that are looked for in a header, in the order in which a draw between them is settled. */
export const DELIMITERS = ["|", "\t", ";", ","] as const;

/** What a file's metadata or a command's options may say of delimiters. */
export interface DelimiterHints {
  delimiter?: string;
  nestedDelimiter?: string;
}

/** Reads a delimiter as people write it: a word or the character itself. `name` is what the message calls it. */
export function parseDelimiter(name: string, value: string): string {
  const delimiter = WORDS[value.trim().toLowerCase()] ?? (value === "\t" ? value : value.trim());
  const usable = delimiter === "\t" || delimiter === " " || /^[!-/:-@[-`{-~]$/.test(delimiter);
  if (usable && delimiter !== '"' && !(delimiter === " " && name === "delimiter")) return delimiter;
  const words = name === "delimiter" ? "pipe, comma, tab, semicolon" : "comma, semicolon, pipe, tab, space";
  throw new UnusableFileError(
    `${name}: expected one of the words ${words}, or one punctuation mark such as | or ;, found ${JSON.stringify(value)}`,
  );
}

/** The nested delimiter that goes with a field delimiter. */
export function usualNestedDelimiter(delimiter: string): string {
  return delimiter === "," ? ";" : ",";
}

/** A delimiter as messages call it. */
export function delimiterName(delimiter: string): string {
  if (delimiter === "\t") return "tab";
  if (delimiter === " ") return "a space";
  return `"${delimiter}"`;
}
