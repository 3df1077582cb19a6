/** `raw-csv` is for programs: text is unchanged. */
export type CsvFormat = "csv" | "raw-csv";

/**
 * One line of CSV. Text that a spreadsheet would take for a formula gets a leading `'`, which marks it as text; numbers
 * are unchanged.
 */
export function csvLine(values: readonly unknown[], format: CsvFormat = "csv"): string {
  return `${values.map((value) => csvField(value, format)).join(",")}\n`;
}

function csvField(value: unknown, format: CsvFormat): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = format === "csv" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
