import { printable } from "../../lib/printable.ts";

export { printable };

const LONGEST = 60;

/** A value as one cell of a table: on one line, cut, with control characters made visible. */
export function cell(value: unknown, longest = LONGEST): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = printable(text.length > 4 * longest ? text.slice(0, 4 * longest) : text);
  const characters = [...line];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join("")}…` : line;
}
