/**
 * The text that a field such as `="001"` stands for: a formula with which programs keep a spreadsheet from making a
 * number of a text. Undefined if the field is something else.
 */
export function textOfFormula(field: string): string | undefined {
  const [, quoted] = /^\s*="((?:[^"]|"")*)"\s*$/.exec(field) ?? [];
  return quoted?.replaceAll('""', '"');
}

/**
 * Turns CR LF into LF (CR CR LF too, which a program writes that converts twice) and cuts CRs off the end. A CR
 * elsewhere stays: `tr -d '\r'` in JSON has one.
 */
export function unixLines(text: string): string {
  return text.includes("\r") ? text.replace(/\r+(?=\n|$)/g, "") : text;
}
