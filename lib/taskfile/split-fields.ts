import { CsvError, parse } from "csv-parse/sync";

/**
 * Splits one record into its fields. Quoting exists only with commas: a field that begins with a quote is quoted as in
 * CSV; a quote further inside a field is an ordinary character (`awk "x"` needs no doubling).
 */
export function splitFields(record: string, delimiter: string): string[] {
  if (delimiter !== "," || !record.includes('"')) return record.split(delimiter);
  try {
    const [fields] = parse(record, { relax_quotes: true, record_delimiter: ["\n"], relax_column_count: true });
    return fields ?? [];
  } catch (error) {
    // only a header or a faulty record can have an open quote here, and its fields are only shown, never used
    if (error instanceof CsvError) return record.split(delimiter);
    throw error;
  }
}
