import { textOfFormula } from "./clean-text.ts";
import type { FileFormat } from "./format.ts";

/** How much of a row to search for an itemID: a rejected row may be very long. */
const SEARCHED_BYTES = 4_096;

/**
 * The most likely itemID of an unreadable row, so that its item does not count as missing from the list; undefined if
 * unclear.
 */
export function guessItemId(bytes: Buffer, format: Exclude<FileFormat, { kind: "commands" }>): string | undefined {
  const [line = ""] = bytes.subarray(0, SEARCHED_BYTES).toString("utf8").split("\n");
  return (format.kind === "json" ? fromJson(line) : fromFields(line, format)) || undefined;
}

function fromJson(line: string): string | undefined {
  const [, found] = /"itemID"\s*:\s*("(?:[^"\\]|\\.)*")/i.exec(line) ?? [];
  try {
    return found && String(JSON.parse(found));
  } catch {
    return undefined;
  }
}

function fromFields(line: string, { columns, delimiter }: Extract<FileFormat, { kind: "delimited" }>) {
  const index = columns.indexOf("itemID");
  // a script may contain the delimiter, and then everything after it is in the wrong place
  if (columns.slice(0, index).some((column) => column === "TaskScript" || column === "TaskArgs")) return undefined;
  const text = line.split(delimiter)[index]?.trim() ?? "";
  return textOfFormula(text) ?? text.replace(/^"(.*)"$/, "$1");
}
