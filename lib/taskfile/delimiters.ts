import { UnusableFileError } from "./problem.ts";

const WORDS: Readonly<Record<string, string>> = {
  pipe: "|",
  comma: ",",
  tab: "\t",
  "\\t": "\t",
  semicolon: ";",
  space: " ",
};

/** The delimiters to try on a header. If two find the same number of columns, the earlier one wins. */
export const DELIMITERS = ["|", "\t", ";", ","] as const;

/** The delimiters that a file's metadata or a command's options set. */
export interface DelimiterHints {
  delimiter?: string;
  nestedDelimiter?: string;
}

type Kind = "delimiter" | "nested-delimiter";

/** Parses a delimiter as people write it: a word such as `tab`, or the character. Error messages call it `name`. */
export function parseDelimiter(kind: Kind, value: string, name: string = kind): string {
  const delimiter = WORDS[value.trim().toLowerCase()] ?? (value === "\t" ? value : value.trim());
  const usable = delimiter === "\t" || delimiter === " " || /^[!-/:-@[-`{-~]$/.test(delimiter);
  if (usable && delimiter !== '"' && !(delimiter === " " && kind === "delimiter")) return delimiter;
  const words = kind === "delimiter" ? "pipe, comma, tab, semicolon" : "comma, semicolon, pipe, tab, space";
  throw new UnusableFileError(
    `${name}: expected one of the words ${words}, or one punctuation mark such as | or ;, found ${JSON.stringify(value)}`,
  );
}

/** Parses both delimiters, if given. `spell` returns the name that error messages use for an option. */
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

/** Throws if columns and arguments have the same delimiter. A comma may serve both: CSV fields can be quoted. */
export function checkDiffer(delimiter: string | undefined, nested: string | undefined, name: string): void {
  if (delimiter === undefined || delimiter !== nested || delimiter === ",") return;
  throw new UnusableFileError(
    `${name}: expected a character other than the delimiter of the file, found ${delimiterName(delimiter)} for both`,
  );
}

/** The delimiter of nested arguments if none is set: it depends on the column delimiter. */
export function defaultNestedDelimiter(delimiter: string): string {
  return delimiter === "," ? ";" : ",";
}

/** How messages name a delimiter. */
export function delimiterName(delimiter: string): string {
  if (delimiter === "\t") return "tab";
  if (delimiter === " ") return "a space";
  return `"${delimiter}"`;
}
