import { UsageError } from "../errors.ts";

/** What is wrong with a row. The parts form one sentence: `<field>: expected <expected>, found <found>; <hint>`. */
export interface Problem {
  /** the column, or `row` if the row as a whole is wrong */
  field: string;
  expected: string;
  found: string;
  /** how to fix it, if that is not obvious */
  hint?: string;
}

/** None of a task file's rows can be used. The message says what was found and what a usable file looks like. */
export class UnusableFileError extends UsageError {}

/** The problem as a sentence for people, with the line number. */
export function problemMessage(line: number, { field, expected, found, hint }: Problem): string {
  const where = field === "row" ? `line ${line}` : `line ${line}: ${field}`;
  return `${where}: expected ${expected}, found ${found}${hint ? `; ${hint}` : ""}`;
}

const SHOWN = 80;

/** Text from a file, safe to print in a message: quoted, cut to 80 characters, control characters escaped. */
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

/** Formats 350000 as `350,000`. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
