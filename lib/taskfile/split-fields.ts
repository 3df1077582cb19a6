import { CsvError, parse } from "csv-parse/sync";

/** The fields of a record, and what happened to the quotes around them. */
export interface SplitRow {
  values: string[];
  /** `unquoted`: some were removed; `quotesKept`: some were kept that may come from a spreadsheet */
  quotes?: readonly ("unquoted" | "quotesKept")[];
}

/**
 * Splits one record into its fields. With commas, a field that begins with a quote is quoted as in CSV; a quote
 * anywhere else in a field is an ordinary character (`awk "x"` needs no doubling). With any other delimiter, quotes
 * around a field are removed if a spreadsheet wrote them, see {@link splitRow}.
 */
export function splitFields(record: string, delimiter: string): string[] {
  return splitRow(record, delimiter, { isQuotedFile: true }).values;
}

/**
 * Splits one record and reports what it did with quotes around fields. If the delimiter is not a comma, a quote may
 * belong to a script, so it is removed only if all of this holds:
 *
 * - The field begins and ends with a quote, and all quotes in between are doubled.
 * - The field has a reason for a spreadsheet to quote it: a delimiter, a quote, a line end, a blank at an end. Or all
 *   fields of the row, or names of the header (`isQuotedFile`), are quoted, as some other programs do.
 *
 * This is exact for everything that Excel writes, and leaves `"$HOME/bin/call"` alone.
 */
export function splitRow(record: string, delimiter: string, { isQuotedFile = false } = {}): SplitRow {
  if (!record.includes('"')) {
    const values = record.split(delimiter);
    return isOtherQuote(record) && values.every(hasOtherQuotes) ? { values, quotes: ["quotesKept"] } : { values };
  }
  if (delimiter !== ",") return splitLoosely(record, delimiter, isQuotedFile);
  const values = splitCsv(record);
  const mayBeQuoted = /(?:^|,)[ \t]+"/.test(record);
  return mayBeQuoted && values.some(isQuotedBehindBlank) ? { values, quotes: ["quotesKept"] } : { values };
}

function splitCsv(record: string): string[] {
  try {
    const [fields] = parse(record, { relax_quotes: true, record_delimiter: ["\n"], relax_column_count: true });
    return fields ?? [];
  } catch (error) {
    // only a header or a faulty record can have an open quote here, and its fields are only shown, never used
    if (error instanceof CsvError) return record.split(",");
    throw error;
  }
}

/** Quotes that other programs and word processors write, but spreadsheets do not. */
function isOtherQuote(text: string): boolean {
  return /^['\u2018-\u201f\u00ab]/.test(text);
}

function hasOtherQuotes(field: string): boolean {
  return field === "" || (field.length > 1 && isOtherQuote(field) && /['\u2018-\u201f\u00bb]\s*$/.test(field));
}

/** After a blank, a quote is an ordinary character: `a, "b"`. */
function isQuotedBehindBlank(field: string): boolean {
  return /^\s+"/.test(field) && field.trimEnd().endsWith('"');
}

interface RawField {
  text: string;
  /** begins and ends with a quote, and all quotes in between are doubled */
  isQuoted: boolean;
}

function splitLoosely(record: string, delimiter: string, isQuotedFile: boolean): SplitRow {
  const fields = rawFields(record, delimiter);
  const filled = fields.filter(({ text }) => text !== "");
  const isQuotedRow = isQuotedFile || (filled.length > 1 && filled.every(({ isQuoted }) => isQuoted));
  const found = new Set<"unquoted" | "quotesKept">();
  const values = fields.map(({ text, isQuoted }) => {
    if (isQuoted && (isQuotedRow || needsQuotes(text.slice(1, -1), delimiter))) {
      found.add("unquoted");
      return text.slice(1, -1).replaceAll('""', '"');
    }
    if (isQuoted || looksQuoted(text)) found.add("quotesKept");
    return text;
  });
  return found.size > 0 ? { values, quotes: [...found] } : { values };
}

function rawFields(record: string, delimiter: string): RawField[] {
  const fields: RawField[] = [];
  for (let at = 0; ; ) {
    const close = record[at] === '"' ? closingQuote(record, at) : -1;
    const isQuoted = close >= 0 && (close + 1 === record.length || record[close + 1] === delimiter);
    const end = isQuoted ? close + 1 : record.indexOf(delimiter, at);
    if (end < 0 || end === record.length) {
      fields.push({ text: record.slice(at), isQuoted });
      return fields;
    }
    fields.push({ text: record.slice(at, end), isQuoted });
    at = end + 1;
  }
}

/** The first quote after the one at `open` that is not doubled; -1 if there is none. */
function closingQuote(record: string, open: number): number {
  let close = record.indexOf('"', open + 1);
  while (close >= 0 && record[close + 1] === '"') close = record.indexOf('"', close + 2);
  return close;
}

/** Whether a spreadsheet would put this text in quotes. Excel does so for commas and semicolons in any file. */
function needsQuotes(inner: string, delimiter: string): boolean {
  return inner.includes(delimiter) || /[",;\t\r\n]|^ | $/.test(inner);
}

/** Whether a text that is not exactly quoted looks as if it were meant to be: a person should check it. */
function looksQuoted(text: string): boolean {
  if (!text.startsWith('"')) return isQuotedBehindBlank(text);
  return (text.length > 1 && text.endsWith('"')) || text.includes('""') || text.split('"').length % 2 === 0;
}
