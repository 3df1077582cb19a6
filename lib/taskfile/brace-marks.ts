/** How the text around a `{}` is quoted, which decides what may be put there. */
export type Quoting =
  | "none"
  | "single"
  | "double"
  | "ansi"
  | "backtick"
  | "quoted-backtick"
  | "arithmetic"
  | "parameter"
  | "heredoc"
  | "quoted-heredoc";

/** A `{}` in a script, outside comments; with names to look for, a `{column}`. */
export interface Mark {
  /** index of the brace */
  at: number;
  /** of a `{column}`: the text between the braces, and the length including them */
  name?: NameMark;
  quoting: Quoting;
  /** the words of the simple command before it */
  words: readonly string[];
  /** the here-document that it is in */
  heredoc?: HeredocEnd;
}

/** The end of a here-document: a line that consists of its delimiter. */
export interface HeredocEnd {
  delimiter: string;
  stripsTabs: boolean;
}

/** `{sample}`: the value of a column. `{sample*}`: all its values. `{{sample}}`: a literal `{sample}`. */
export interface NameMark {
  text: string;
  length: number;
  kind: "value" | "list" | "literal";
  /** it is one of the names to look for; otherwise it only looks like one */
  isKnown: boolean;
}

/** What looks like a column name without being one: awk's `{print}` must not silently count as text. */
const NAME = /[\p{L}_][\p{L}\p{N}_.-]*/uy;

/** The name in braces at an index; undefined if there is something else, such as `{a,b}`, `{1..5}` or `${x}`. */
export function nameAt(text: string, at: number, names: readonly string[]): NameMark | undefined {
  if (text[at] !== "{" || text[at - 1] === "$") return undefined;
  const isDouble = text[at + 1] === "{";
  const from = isDouble ? at + 2 : at + 1;
  const known = names
    .filter(
      (name) => text.startsWith(name, from) && /^\*?\}/.test(text.slice(from + name.length, from + name.length + 2)),
    )
    .sort((a, b) => b.length - a.length)[0];
  NAME.lastIndex = from;
  const found = known ?? NAME.exec(text)?.[0];
  if (found === undefined) return undefined;
  const rest = text.slice(from + found.length, from + found.length + 2);
  if (isDouble) {
    if (rest !== "}}") return undefined;
    return { text: found, length: found.length + 4, kind: "literal", isKnown: known !== undefined };
  }
  const isList = rest === "*}";
  if (!isList && rest[0] !== "}") return undefined;
  const length = found.length + (isList ? 3 : 2);
  return { text: found, length, kind: isList ? "list" : "value", isKnown: known !== undefined };
}
