/** What R, pandas and databases write where a value is missing. */
const MISSING = /^(?:NA|N\/A|n\/a|<NA>|NaN|nan|NULL|null|None|\\N)$/;

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
/** `1-Mar` and `Mar-01` from MARCH1, `2-Sep` from SEPT2, `1.00E+05` from 100000, and an apostrophe that marks text. */
const CONVERTED = new RegExp(`^(?:\\d{1,4}-${MONTH}|${MONTH}-\\d{1,4}|\\d(?:[.,]\\d+)?E[+-]\\d+)$|^'[^']*$`);

/** Whether a field holds what other programs write for a missing value. It may also be a name. */
export function isMissing(value: string): boolean {
  return value.length > 1 && value.length < 5 && MISSING.test(value);
}

/** Whether a spreadsheet may have turned an id into a date or a rounded number, or marked it as text. */
export function isConverted(id: string): boolean {
  return mayBeConverted(id.charCodeAt(0)) && CONVERTED.test(id);
}

/** Digits, an apostrophe, and the first letters of months. */
function mayBeConverted(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 39 || (code >= 65 && code <= 83);
}
