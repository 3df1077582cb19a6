import { shown } from "../taskfile/problem.ts";

/** One comparison in a condition. The sides are columns or texts. */
export interface Comparison {
  left: Operand;
  right: Operand;
  isEqual: boolean;
}

export type Operand = { column: string } | { text: string };

/** A condition: all comparisons in at least one of these groups must hold. */
export type Condition = Comparison[][];

type Token = { kind: "column" | "text" | "operator" | "joint"; text: string };

const TOKEN =
  /\s*(?:\{(?<column>[^{}]+)\}|"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<operator>==|!=)|(?<joint>&&|\|\||(?:and|or)(?=\s|$))|(?<word>(?:(?!==|!=|&&|\|\|)[^\s"'{}])+))/iuy;

const EXAMPLE = 'a condition such as "{layout} == paired and {lane} != L001"';

/** Reads a condition, or returns what is wrong with it. */
export function parseCondition(source: string): Condition | string {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (source.slice(TOKEN.lastIndex).trim() !== "") {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(source)?.groups;
    if (!groups) return `expected ${EXAMPLE}, found ${shown(source.slice(at).trim())}`;
    const { column, double, single, operator, joint, word } = groups;
    if (column !== undefined) tokens.push({ kind: "column", text: column });
    else if (operator !== undefined) tokens.push({ kind: "operator", text: operator });
    else if (joint !== undefined) tokens.push({ kind: "joint", text: joint.toLowerCase() });
    else tokens.push({ kind: "text", text: double ?? single ?? word ?? "" });
  }
  const any: Condition = [[]];
  for (let at = 0; ; at += 4) {
    const [left, operator, right, joint] = tokens.slice(at, at + 4);
    if (!left || !isOperand(left)) return missing("a column or a text", left, source);
    if (operator?.kind !== "operator") return missing("== or !=", operator, source);
    if (!right || !isOperand(right)) return missing("a column or a text", right, source);
    if (left.kind === "text" && right.kind === "text") {
      return `expected a column in braces on one side, found ${shown(`${left.text} ${operator.text} ${right.text}`)}; write {${left.text}}?`;
    }
    any.at(-1)?.push({ left: operandOf(left), right: operandOf(right), isEqual: operator.text === "==" });
    if (!joint) return any;
    if (joint.kind !== "joint") return missing("and, or, or the end; put a text with blanks in quotes", joint, source);
    if (joint.text === "or" || joint.text === "||") any.push([]);
  }
}

function isOperand({ kind }: Token): boolean {
  return kind === "column" || kind === "text";
}

function operandOf({ kind, text }: Token): Operand {
  return kind === "column" ? { column: text } : { text };
}

function missing(expected: string, found: Token | undefined, source: string): string {
  const shownToken = found ? shown(found.text) : "the end";
  return `expected ${expected}, found ${shownToken} in ${shown(source)}: ${EXAMPLE}`;
}

/** The columns that a condition names. */
export function columnsOf(condition: Condition): string[] {
  return condition.flat().flatMap(({ left, right }) => [left, right].flatMap((o) => ("column" in o ? [o.column] : [])));
}

/** Whether a condition holds; `valueIn` returns the value of a column. */
export function holds(condition: Condition, valueIn: (column: string) => string): boolean {
  const read = (operand: Operand) => ("column" in operand ? valueIn(operand.column) : operand.text);
  return condition.some((all) => all.every(({ left, right, isEqual }) => (read(left) === read(right)) === isEqual));
}
