import { scanBash } from "../taskfile/bash-scan.ts";
import { type Mark, nameAt } from "../taskfile/brace-marks.ts";
import { endedEarly, PLACES, type PlacedEnd, programAround, quoted, SAFE } from "../taskfile/place-args.ts";
import { type Problem, shown } from "../taskfile/problem.ts";
import { awkProgram, isBareInAwk, isNumber } from "./awk-place.ts";
import { evaluatedAs } from "./evaluated-place.ts";
import { evaluatedLater, readByShell } from "./reached-place.ts";
import { unknownColumnText } from "./sheet-header.ts";

/** A script whose columns are known: texts, and places for values. */
export interface ScriptPlan {
  pieces: readonly (string | Place)[];
  /** the columns that it names */
  columns: readonly string[];
}

interface Place {
  column: string;
  /** `{column*}`: all values, as words */
  isList: boolean;
  mark: Pick<Mark, "quoting" | "heredoc">;
  /** the code that it is in, if any: "the program of python3" */
  code: string | undefined;
  /** how bash evaluates it later, if it does: "$n, which is used in a subscript" */
  later: string | undefined;
  /** awk would take a word at this place for one of its variables */
  isBareInAwk: boolean;
}

/** Finds the columns in a script, and text that looks like one. Returns the plan, and what is wrong. */
export function planScript(script: string, columns: readonly string[]): { plan: ScriptPlan; mistakes: string[] } {
  const { marks, stoppedAt, badEnd } = scanBash(script, columns);
  const mistakes: string[] = [];
  const pieces: (string | Place)[] = [];
  const used = marks.flatMap(({ name }) => (name?.isKnown && name.kind !== "literal" ? [name.text] : []));
  let from = 0;
  for (const { at, name, ...mark } of marks) {
    if (!name) continue;
    const { text, length, kind, isKnown } = name;
    pieces.push(script.slice(from, at));
    from = at + length;
    if (kind === "literal") {
      if (isKnown) mistakes.push(`{{${text}}} stands for a literal {${text}}; write {${text}} for the column`);
      pieces.push(`{${text}}`);
    } else if (!isKnown) {
      mistakes.push(`${unknownColumnText(text, columns, used)} (for a literal {${text}} write {{${text}}})`);
    } else if (kind === "list" && mark.quoting !== "none") {
      mistakes.push(
        `{${text}*} stands for several words: expected it outside quotes, found it in ${PLACES[mark.quoting]}`,
      );
    } else {
      const [before, after] = [script.slice(0, at), script.slice(from)];
      const inAwk = awkProgram({ ...mark, before }) === undefined ? undefined : "awk";
      const program = programAround(mark) ?? inAwk ?? shellAround(mark) ?? readByShell(mark.words, before, after);
      const later = evaluatedLater(script, before);
      const code = program ? `the program of ${program}` : evaluatedAs({ ...mark, before, after });
      const isBare = isBareInAwk({ ...mark, before });
      pieces.push({ column: text, isList: kind === "list", mark, code, later, isBareInAwk: isBare });
    }
  }
  pieces.push(script.slice(from));
  if (stoppedAt !== undefined) mistakes.push(...unread(script, stoppedAt, columns, badEnd ?? "the end"));
  mistakes.push(...lookalikes(script, columns));
  const named = pieces.flatMap((piece) => (typeof piece === "string" ? [] : [piece.column]));
  return { plan: { pieces: pieces.filter((piece) => piece !== ""), columns: [...new Set(named)] }, mistakes };
}

/** Columns beyond the point up to which a script could be read: they would stay as they are. */
function unread(script: string, from: number, columns: readonly string[], why: string): string[] {
  for (let at = script.indexOf("{", from); at >= 0; at = script.indexOf("{", at + 1)) {
    const name = nameAt(script, at, columns);
    if (!name?.isKnown) continue;
    return [
      `{${name.text}} is behind what cannot be read as bash (${why}); write  x={${name.text}}  on the first line, and "$x" there`,
    ];
  }
  return [];
}

/** Notations for columns from other tools, which bash would read as something else. */
function lookalikes(script: string, columns: readonly string[]): string[] {
  return columns.flatMap((column) => {
    const escaped = column.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    const blanks = new RegExp(`(?<!\\$)\\{\\{?(?:\\s+${escaped}\\s*|\\s*${escaped}\\s+)\\}`, "u").exec(script);
    if (blanks) return [`${blanks[0]} has blanks; write {${column}} for the column`];
    if (!/^[A-Za-z_]\w*$/.test(column) || column === column.toUpperCase()) return [];
    const variable = new RegExp(`(?<!\\\\)\\$(?:${column}\\b|\\{${column}\\})`).exec(script);
    const isSet = new RegExp(
      `\\b${column}\\s*\\+?=|\\b(?:for|read|local|declare|mapfile|readarray|select|export|printf|my|our)\\b[^;\\n]*\\b${column}\\b`,
    ).test(script);
    if (!variable || isSet) return [];
    return [`${variable[0]} is a variable that the script does not set; write {${column}} for the column`];
  });
}

/** Fills in the values of columns, quoted for their places. `valuesOf` returns the distinct values of a column. */
export function fillScript(
  { pieces }: ScriptPlan,
  valuesOf: (column: string) => readonly string[],
  few: (column: string, values: readonly string[]) => Problem,
): string | Problem {
  let script = "";
  const ends: (PlacedEnd & { column: string; found: string })[] = [];
  for (const piece of pieces) {
    if (typeof piece === "string") {
      script += piece;
      continue;
    }
    const { column, isList, mark, code, later } = piece;
    const values = valuesOf(column);
    if (!isList && values.length > 1) return few(column, values);
    const words = values.map((value) => (isCode(piece) ? safe(value) : quoted(value, mark)));
    const bad = words.indexOf(undefined);
    if (bad >= 0) {
      const expected = `a value that can stand in ${code ?? later ?? PLACES[mark.quoting]}`;
      const hint = later ? LATER : `write  x={${column}}  on the first line of the script, and "$x" there`;
      return { field: column, expected, found: shown(values[bad] as string), hint };
    }
    const word = piece.isBareInAwk ? values.find((value) => !isNumber(value)) : undefined;
    if (word !== undefined) {
      const hint = `awk takes a word for a variable: write  "{${column}}"  for a text`;
      return { field: column, expected: "a number, outside quotes in the program of awk", found: shown(word), hint };
    }
    const { heredoc } = mark;
    if (heredoc) ends.push({ at: script.length, heredoc, column, found: shown(values.join(" ")) });
    script += words.join(" ");
  }
  const early = endedEarly(script, ends);
  if (early === undefined) return script;
  const { column: field, found } = early;
  return { field, expected: "a value that does not end the here-document that it is in", found };
}

const LATER = "bash would evaluate it there; without blanks and special characters it is safe";
const SHELL = /(?:^|\/)(?:ba|da|z|k|a)?sh$/;
/** Programs that run the text after `-c`. */
const RUNS_BEHIND_C = /(?:^|\/)(?:(?:ba|da|z|k|a)?sh|su|flock|script)$/;
/** Commands that treat all their words as code. */
const EVALUATES = /(?:^|\/)(?:eval|trap|let|ssh|parallel)$/;

/**
 * The command that reads a mark again as shell code, after its quotes have been removed, such as `bash` around `-c
 * "…"`.
 */
function shellAround({ quoting, words, heredoc }: Pick<Mark, "quoting" | "words" | "heredoc">): string | undefined {
  const isArgument = words.some((word) => word.startsWith(":::")); // `parallel` quotes these itself
  const evaluates = isArgument ? undefined : words.find((word) => EVALUATES.test(word));
  if (evaluates !== undefined) return evaluates;
  if (heredoc) return words.find((word) => SHELL.test(word));
  const isCode = quoting !== "none" && /^-\w*c$/.test(words.at(-1) ?? "");
  return isCode ? words.find((word) => RUNS_BEHIND_C.test(word)) : undefined;
}

/**
 * Code in other languages, and `${…}`, have their own quoting, so only values without special characters may go there.
 */
function isCode({ code, later, mark }: Place): boolean {
  return code !== undefined || later !== undefined || mark.quoting === "parameter";
}

function safe(value: string): string | undefined {
  return SAFE.test(value) ? value : undefined;
}
