import { scanBash } from "./bash-scan.ts";
import type { HeredocEnd, Mark } from "./brace-marks.ts";
import { endOf, isLiteralVariable } from "./lost-args.ts";
import { type Problem, shown } from "./problem.ts";

const HOW = 'write {} where the argument goes, or use "$TASK_ARG"';
const USE_VARIABLE = String.raw`use "$TASK_ARG" there, and \{} for a literal {}`;
const LITERAL = String.raw`write \{} for a literal {}, or use "$TASK_ARG" for the argument`;

/** The arguments of a nested item. */
export interface Args {
  values: readonly string[];
  /** the same as written, including blanks around them */
  written: readonly string[];
}

/** The scripts of a nested item, one per argument, or the reason why an argument would be lost. */
export function placeArgs(script: string, { values, written }: Args): string[] | Problem {
  const scan = scanBash(script);
  const { marks, escapes, usesTaskArg, stoppedAt } = scan;
  const badEnd = endOf(script, scan, written);
  // a {} in the unread part would stay unreplaced, and its argument would be lost
  const isUnread = stoppedAt !== undefined && /(?<!\\)\{\}/.test(script.slice(stoppedAt));
  if (isUnread && (marks.length > 0 || usesTaskArg)) {
    const expected = "a script in which the place of each {} is clear";
    return { field: "TaskScript", expected, found: `${badEnd} before the last {}`, hint: USE_VARIABLE };
  }
  if (marks.length > 0) return fillMarks(script, values, { marks, escapes });
  const plain = withoutEscapes(script, escapes);
  if (usesTaskArg && !isLiteralVariable(script)) return values.map(() => plain);
  if (usesTaskArg) {
    const expected = 'the variable where bash replaces it, as in "$TASK_ARG"';
    return { field: "TaskScript", expected, found: "it in single quotes, or behind a backslash" };
  }
  if (badEnd === undefined) return append(plain, written);
  // a line end after the last command is no reason to lose the argument
  const trimmed = script.replace(/\s*\n\s*$/, "");
  const found = trimmed === script ? badEnd : endOf(trimmed, scanBash(trimmed), written);
  if (found === undefined) return append(withoutEscapes(trimmed, escapes), written);
  return {
    field: "TaskScript",
    expected: "a script that ends in a command, to which an argument can be added",
    found,
    hint: HOW,
  };
}

/** Text that means the same to a shell anywhere, even unquoted. */
export const SAFE = /^[\w./:@%+-]+$/;
/** Text that can be appended to a script unchanged: words without quotes or operators. */
const PLAIN_WORDS = /^[\w./:,=@%+~^-][\w./:,=@%+~^ -]*$/;

function append(script: string, args: readonly string[]): string[] | Problem {
  const scripts: string[] = [];
  for (const [index, arg] of args.entries()) {
    const problem = PLAIN_WORDS.test(arg) ? undefined : wordProblem(arg);
    if (problem) {
      const expected = "an argument that bash reads as one, as it is added to the script without quotes";
      return { field: "TaskArgs", expected, found: `${problem} in argument ${index + 1}, ${shown(arg)}`, hint: HOW };
    }
    scripts.push(`${script} ${arg}`);
  }
  return scripts;
}

/** Why bash would not read a text after a command as its argument; undefined if it would. */
function wordProblem(arg: string): string | undefined {
  const first = arg.trimStart().charAt(0);
  if (/^[ \t]*\n/.test(arg)) return "a line end";
  if (first === "#") return "a comment (#)";
  if (/[;&|()]/.test(first)) return `"${first}"`;
  const { badEnd, split, words } = scanBash(`: ${arg.trimEnd()}`);
  if (badEnd !== undefined && UNFINISHED.test(badEnd)) return badEnd;
  if (split !== undefined) return split;
  return words < 2 ? "only a redirection" : undefined;
}

const UNFINISHED = /not closed|backslash|here-document|without a file|parenthesis/;

function fillMarks(
  script: string,
  args: readonly string[],
  { marks, escapes }: { marks: readonly Mark[]; escapes: readonly number[] },
): string[] | Problem {
  const unclear = marks.map(unclearMark).find((problem) => problem !== undefined);
  if (unclear) return unclear;
  const pieces: string[] = [];
  let from = 0;
  for (const { at } of [...marks, { at: script.length }]) {
    const start = from;
    pieces.push(
      withoutEscapes(
        script.slice(start, at),
        escapes.map((index) => index - start),
      ),
    );
    from = at + 2;
  }
  const rest = pieces.pop() ?? "";
  const scripts: string[] = [];
  for (const [index, arg] of args.entries()) {
    let filled = "";
    const ends: PlacedEnd[] = [];
    for (const [number, mark] of marks.entries()) {
      const text = quoted(arg, mark);
      if (mark.heredoc) ends.push({ at: filled.length + (pieces[number]?.length ?? 0), heredoc: mark.heredoc });
      if (text === undefined) {
        const expected = `an argument that can stand in ${PLACES[mark.quoting]}`;
        return {
          field: "TaskArgs",
          expected,
          found: `${shown(arg)} in argument ${index + 1}`,
          hint: 'use "$TASK_ARG" instead of {} there',
        };
      }
      filled += pieces[number] + text;
    }
    filled += rest;
    if (endedEarly(filled, ends)) {
      const expected = "an argument that does not end the here-document that it is in";
      return { field: "TaskArgs", expected, found: `${shown(arg)} in argument ${index + 1}` };
    }
    scripts.push(filled);
  }
  return scripts;
}

/** Where a text was inserted into a here-document. */
export interface PlacedEnd {
  at: number;
  heredoc: HeredocEnd;
}

/**
 * The first of these texts that turns a line into the delimiter of its here-document, which would then end too early.
 */
export function endedEarly<T extends PlacedEnd>(script: string, placed: readonly T[]): T | undefined {
  return placed.find(({ at, heredoc: { delimiter, stripsTabs } }) => {
    const end = script.indexOf("\n", at);
    const line = script.slice(script.lastIndexOf("\n", at - 1) + 1, end < 0 ? script.length : end);
    return (stripsTabs ? line.replace(/^\t+/, "") : line) === delimiter;
  });
}

/** Removes the backslash of each `\{}`; `escapes` are indexes; those outside the text are ignored. */
function withoutEscapes(text: string, escapes: readonly number[]): string {
  let result = "";
  let from = 0;
  for (const at of escapes) {
    if (at < 0 || at >= text.length) continue;
    result += text.slice(from, at);
    from = at + 1;
  }
  return result + text.slice(from);
}

const RUNS_OTHERS = /(?:^|\/)(?:xargs|parallel)$|^-(?:exec|execdir|ok|okdir)$/;
const CODE_IN_QUOTES = /(?:^|\/)(?:awk|gawk|mawk|nawk|jq)$/;
const INTERPRETER = /(?:^|\/)(?:python[\d.]*|perl|ruby|node|Rscript|R|awk|gawk|mawk|jq|psql|mysql|sqlite3)$/;

/** Rejects a mark that may not be meant for the argument: find, xargs and quoted programs have a {} of their own. */
function unclearMark({ quoting, words }: Mark): Problem | undefined {
  const reason = (): string | undefined => {
    const other = words.find((word) => RUNS_OTHERS.test(word));
    if (other !== undefined) return `{} behind ${other}, which replaces it, too`;
    if (quoting === "parameter") return "{} inside ${…}";
    const program = programAround({ quoting, words });
    return program === undefined ? undefined : `{} in the program of ${program}`;
  };
  const found = reason();
  if (found === undefined) return undefined;
  return { field: "TaskScript", expected: "{} only where the argument goes", found, hint: LITERAL };
}

/** The program whose code a mark is in, such as `awk` around `'{…}'`; undefined outside code of other languages. */
export function programAround({ quoting, words }: Pick<Mark, "quoting" | "words">): string | undefined {
  if (quoting === "none") return undefined;
  if (quoting === "single" && words.some((word) => CODE_IN_QUOTES.test(word))) return words[0];
  const isCode = quoting.endsWith("heredoc") || /^(?:-\w*[ce]|--eval|--command|-E)$/.test(words.at(-1) ?? "");
  return isCode ? words.find((word) => INTERPRETER.test(word)) : undefined;
}

/** The names of a mark's places in messages. */
export const PLACES: Readonly<Record<Mark["quoting"], string>> = {
  none: "a script",
  single: "single quotes",
  double: "double quotes",
  ansi: "$'…'",
  backtick: "backticks",
  "quoted-backtick": "backticks with quotes",
  arithmetic: "an arithmetic expression",
  parameter: "${…}",
  heredoc: "a here-document",
  "quoted-heredoc": "a here-document",
};

/** Quotes a text so that bash reads it unchanged in that place; undefined if that is impossible. */
export function quoted(arg: string, { quoting }: Pick<Mark, "quoting">): string | undefined {
  switch (quoting) {
    case "none":
      return SAFE.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
    case "single":
      return arg.replaceAll("'", "'\\''");
    case "double":
      return arg.replace(/[\\"$`]/g, "\\$&");
    case "ansi":
      return arg.replace(/[\\']/g, "\\$&");
    case "heredoc":
      return arg.includes("\n") ? undefined : arg.replace(/[\\$`]/g, "\\$&");
    case "quoted-heredoc":
      return arg.includes("\n") ? undefined : arg;
    case "backtick":
      return /[\\`"'$]/.test(arg) ? undefined : SAFE.test(arg) ? arg : `'${arg}'`;
    case "quoted-backtick":
      return SAFE.test(arg) ? arg : undefined;
    case "arithmetic":
      return /^-?\w+$/.test(arg) ? arg : undefined;
    case "parameter":
      return undefined;
    default:
      return quoting satisfies never;
  }
}
