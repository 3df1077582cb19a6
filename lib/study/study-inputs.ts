import { inputPlace } from "../items/handover.ts";
import { type NameMark, nameAt } from "../taskfile/brace-marks.ts";
import { nearest } from "../taskfile/nearest.ts";
import { type Problem, shown } from "../taskfile/problem.ts";
import { unknownColumnText } from "./sheet-header.ts";
import type { Mistake, Named, StudyStep } from "./study.ts";

/**
 * Inputs of steps that are neither a step that they wait for nor a place. An input that names columns can be judged
 * only once the sheet is known.
 */
export function inputMistakes(steps: readonly StudyStep[]): Mistake[] {
  const names = steps.map(({ name }) => name);
  return steps.flatMap(({ name, after = [], afterAll = [], inputs = [] }) => {
    const waits = [...after, ...afterAll].map(({ text }) => text);
    return inputs.flatMap(({ text, line }) => {
      const wrong = waits.includes(text) || text.includes("{") ? undefined : wrongInput(text, { waits, names });
      return wrong === undefined ? [] : [{ line, text: `step ${name}: inputs: ${wrong}` }];
    });
  });
}

function wrongInput(text: string, { waits, names }: { waits: readonly string[]; names: readonly string[] }) {
  if (text.includes("/")) {
    const place = inputPlace(text);
    return typeof place === "string" ? `expected ${place}, found ${shown(text)}` : undefined;
  }
  const expected = "expected a step of after or afterAll, an s3:// URI, or a path with a / in it";
  const close = nearest(text, waits);
  if (names.includes(text)) return `${expected}, found the step ${shown(text)}; add  after: ${text}  to wait for it`;
  const hint = close === undefined ? `for a file in the pipeline folder write ./${text}` : `did you mean ${close}?`;
  return `${expected}, found ${shown(text)}; ${hint}`;
}

/** The columns that the inputs of a step name, and what is wrong with them. */
export function inputColumns(
  inputs: readonly Named[],
  columns: readonly string[],
): { names: Named[]; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const names = inputs.flatMap(({ text, line }) => {
    const marks = marksIn(text, columns).filter(({ kind }) => kind !== "literal");
    for (const { text: name, isKnown } of marks) {
      if (!isKnown) mistakes.push({ line, text: `inputs: ${unknownColumnText(name, columns)}` });
    }
    if (marks.filter(({ kind }) => kind === "list").length > 1) {
      mistakes.push({
        line,
        text: `inputs: expected at most one {column*} in an input, found several in ${shown(text)}`,
      });
    }
    return marks.map(({ text: name }) => ({ text: name, line }));
  });
  return { names, mistakes };
}

/** An input with the values of columns filled in; with a `{column*}`, one for each of its values. */
export function fillInput(
  input: string,
  columns: readonly string[],
  valuesOf: (column: string) => readonly string[],
  few: (column: string, values: readonly string[]) => Problem,
): string[] | Problem {
  let filled = [""];
  let from = 0;
  for (const { at, text, kind, length } of marksIn(input, columns)) {
    const before = input.slice(from, at);
    from = at + length;
    const values = kind === "literal" ? [`{${text}}`] : valuesOf(text);
    if (kind === "value" && values.length > 1) return few(text, values);
    if (values.includes("")) return { field: text, expected: "a value, as it is an input", found: "nothing" };
    filled = filled.flatMap((start) => values.map((value) => `${start}${before}${value}`));
  }
  return filled.map((start) => `${start}${input.slice(from)}`);
}

function marksIn(text: string, columns: readonly string[]): (NameMark & { at: number })[] {
  const marks: (NameMark & { at: number })[] = [];
  for (let at = text.indexOf("{"); at >= 0; at = text.indexOf("{", at + 1)) {
    const mark = nameAt(text, at, columns);
    if (!mark) continue;
    marks.push({ ...mark, at });
    at += mark.length - 1;
  }
  return marks;
}
