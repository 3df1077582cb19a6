/**
 * The text in a field such as `="001"`, a formula with which programs keep spreadsheets from turning text into a
 * number. Undefined for any other field.
 */
export function textOfFormula(field: string): string | undefined {
  const [, quoted] = /^\s*="((?:[^"]|"")*)"\s*$/.exec(field) ?? [];
  return quoted?.replaceAll('""', '"');
}

/**
 * Turns CR LF into LF, and also CR CR LF, which comes from converting twice; removes CRs at the end. A CR anywhere else
 * stays: `tr -d '\r'` in JSON has one.
 */
export function unixLines(text: string): string {
  return text.includes("\r") ? text.replace(/\r+(?=\n|$)/g, "") : text;
}
