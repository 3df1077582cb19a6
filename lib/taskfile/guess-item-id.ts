import { textOfFormula } from "./clean-text.ts";
import type { FileFormat } from "./format.ts";

/** Where an itemID is looked for: a rejected row may be very long. */
const SEARCHED_BYTES = 4_096;

/**
 * The itemID that a row which cannot be read most likely has, so that its item is not taken for one that the list does
 * not name; undefined if that is not clear.
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
  // a script may contain the delimiter, and then what follows is in the wrong place
  if (columns.slice(0, index).some((column) => column === "TaskScript" || column === "TaskArgs")) return undefined;
  const text = line.split(delimiter)[index]?.trim() ?? "";
  return textOfFormula(text) ?? text.replace(/^"(.*)"$/, "$1");
}
