import { idProblem } from "../ids.ts";
import type { Problem } from "./problem.ts";

/** What is wrong with an id or a step, if anything. */
export function idFieldProblem(field: string, value: string, maxBytes: number): Problem | undefined {
  const found = idProblem(value, maxBytes);
  if (found === undefined) return undefined;
  const unprintable = found.startsWith("the character");
  return { field, expected: unprintable ? "printable text" : `text of 1 to ${maxBytes} bytes`, found };
}
