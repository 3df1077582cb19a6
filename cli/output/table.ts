import CliTable from "cli-table3";
import { countInColor } from "./color.ts";

/**
 * A plain table: a header and rows, separated only by spaces, so it is easy to read, copy and cut into columns. Counts
 * below the name of a state have its color.
 */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const none = { top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "" };
  const more = { "bottom-left": "", "bottom-right": "", left: "", "left-mid": "", mid: "", "mid-mid": "" };
  const drawn = new CliTable({
    head: [...head],
    chars: { ...none, ...more, right: "", "right-mid": "", middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    colAligns: head.map((_, column) => (rows.every((row) => typeof row[column] === "number") ? "right" : "left")),
  });
  const text = (value: string | number, column: number) =>
    typeof value === "number" ? countInColor(head[column] ?? "", value) : value;
  drawn.push(...rows.map((row) => row.map(text)));
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
