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

/** Which of the two a delimiter is. */
type Kind = "delimiter" | "nested-delimiter";

/** Reads a delimiter as people write it: a word or the character itself. `name` is what the message calls it. */
export function parseDelimiter(kind: Kind, value: string, name: string = kind): string {
  const delimiter = WORDS[value.trim().toLowerCase()] ?? (value === "\t" ? value : value.trim());
  const usable = delimiter === "\t" || delimiter === " " || /^[!-/:-@[-`{-~]$/.test(delimiter);
  if (usable && delimiter !== '"' && !(delimiter === " " && kind === "delimiter")) return delimiter;
  const words = kind === "delimiter" ? "pipe, comma, tab, semicolon" : "comma, semicolon, pipe, tab, space";
  throw new UnusableFileError(
    `${name}: expected one of the words ${words}, or one punctuation mark such as | or ;, found ${JSON.stringify(value)}`,
  );
}

/** Reads both, where they are given. `spell` says what messages call them. */
export function parseDelimiters(
  { delimiter, nestedDelimiter }: DelimiterHints,
  spell: (option: keyof DelimiterHints) => string = (option) => KINDS[option],
): DelimiterHints {
  const given = {
    ...(delimiter !== undefined && { delimiter: parseDelimiter("delimiter", delimiter, spell("delimiter")) }),
    ...(nestedDelimiter !== undefined && {
      nestedDelimiter: parseDelimiter("nested-delimiter", nestedDelimiter, spell("nestedDelimiter")),
    }),
  };
  checkDiffer(given.delimiter, given.nestedDelimiter, spell("nestedDelimiter"));
  return given;
}

const KINDS: Readonly<Record<keyof DelimiterHints, Kind>> = {
  delimiter: "delimiter",
  nestedDelimiter: "nested-delimiter",
};

/** Throws where arguments could not be told from columns; of a CSV file they can, as fields are quoted. */
export function checkDiffer(delimiter: string | undefined, nested: string | undefined, name: string): void {
  if (delimiter === undefined || delimiter !== nested || delimiter === ",") return;
  throw new UnusableFileError(
    `${name}: expected another character than the delimiter of the file, found ${delimiterName(delimiter)} for both`,
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
