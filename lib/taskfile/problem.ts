import { UsageError } from "../errors.ts";

/** What is wrong with a row. The parts read as one sentence: `<field>: expected <expected>, found <found>; <hint>`. */
export interface Problem {
  /** the column, or `row` where it is the row as a whole */
  field: string;
  expected: string;
  found: string;
  /** what to do about it, where that is not plain */
  hint?: string;
}

/** A task file of which no row can be used. The message says what was found and what a usable one looks like. */
export class UnusableFileError extends UsageError {}

/** The sentence for a person. */
export function problemMessage(line: number, { field, expected, found, hint }: Problem): string {
  const where = field === "row" ? `line ${line}` : `line ${line}: ${field}`;
  return `${where}: expected ${expected}, found ${found}${hint ? `; ${hint}` : ""}`;
}

const SHOWN = 80;

/** Text from a file as a message may show it: quoted, cut, and with nothing in it that could upset a terminal. */
export function shown(text: string): string {
  const short = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  const escaped = short.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu, escapeCharacter);
  return `"${escaped}"`;
}

function escapeCharacter(character: string): string {
  if (character === "\t") return "\\t";
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** 350000 as `350,000`. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
