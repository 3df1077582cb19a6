import { CsvError, parse } from "csv-parse/sync";

/**
 * The fields of one record. Quotes mean something with the comma only: there a field that begins with a quote is
 * quoted as in CSV, and a quote further inside is a character like any other (`awk "x"` needs no doubling).
 */
export function splitFields(record: string, delimiter: string): string[] {
  if (delimiter !== "," || !record.includes('"')) return record.split(delimiter);
  try {
    const [fields] = parse(record, { relax_quotes: true, record_delimiter: ["\n"], relax_column_count: true });
    return fields ?? [];
  } catch (error) {
    // only a header or a record at fault gets here with a quote left open: what it seems to hold is shown, not used
    if (error instanceof CsvError) return record.split(delimiter);
    throw error;
  }
}
