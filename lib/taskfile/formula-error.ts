import { isInvisible } from "../ids.ts";
import type { Fields } from "./columns.ts";
import { type Problem, shown } from "./problem.ts";

/** What a spreadsheet shows when it cannot compute a result: `#N/A`, `#REF!`, `#NAME?`, `#¡VALOR!`, `#NV`. */
const ERROR = String.raw`#(?:N/A|NV|N/D|¡?\p{Lu}[\p{Lu}\d/_]*[!?])`;
const ONLY_ERROR = new RegExp(`^${ERROR}$`, "u");
const STARTS_WITH_ERROR = new RegExp(`^[\\s\\ufeff]*"?(?:${ERROR})\\s*"?(.)`, "u");

/** Whether the first field of a row is a formula error rather than a comment. */
export function startsWithFormulaError(bytes: Buffer, delimiter: string): boolean {
  const [, next] = STARTS_WITH_ERROR.exec(bytes.toString("utf8", 0, 64)) ?? [];
  return next === delimiter;
}

/** The problem of a row with a formula error in a field: as a script, the error is a comment, which "succeeds". */
export function formulaErrorProblem(fields: Fields): Problem | undefined {
  for (const field in fields) {
    const value = fields[field as keyof Fields];
    if (typeof value !== "string" || !mayBeError(value) || !ONLY_ERROR.test(value.trim())) continue;
    return {
      field,
      expected: "a value",
      found: `${shown(value.trim())}, the error of a formula in a spreadsheet`,
      hint: "correct the formula, or delete the row",
    };
  }
  return undefined;
}

function mayBeError(value: string): boolean {
  const first = value.charCodeAt(0);
  return first === 35 || ((first <= 32 || first > 126) && isInvisible(value.charAt(0)));
}
