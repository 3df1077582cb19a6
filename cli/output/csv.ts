import type { CsvFormat } from "../../lib/csv-line.ts";
import { UsageError } from "../../lib/errors.ts";

export { type CsvFormat, csvLine } from "../../lib/csv-line.ts";

/** The help of the option `--raw`. */
export const RAW_HELP = "with --csv: without the ' in front, as for pandas";

/** Throws a UsageError for `--raw` without `--csv`. */
export function checkRaw({ csv, raw }: { csv?: boolean | undefined; raw?: boolean | undefined }): void {
  if (raw && !csv) throw new UsageError("--raw goes with --csv only");
}

/** The format that the options `--csv` and `--raw` ask for. */
export function csvFormat({ raw }: { raw?: boolean }): CsvFormat {
  return raw ? "raw-csv" : "csv";
}
