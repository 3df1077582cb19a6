const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** What ends a line for some readers: MultiQC splits at all of these. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const SPECIAL = /[\\\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;

/**
 * A line of tab-separated text. Such files have no quotes, so within a cell, backslashes, tabs and anything that could
 * end the line are written as `\\`, `\t`, `\n`, `\r` or `\u2028`.
 */
export function tsvLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => String(cell).replace(SPECIAL, escaped)).join("\t")}\n`;
}

function escaped(found: string): string {
  return ESCAPES[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
