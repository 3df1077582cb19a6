import { delimiterName, parseDelimiter } from "../taskfile/delimiters.ts";
import { nearest } from "../taskfile/nearest.ts";
import { shown, UnusableFileError } from "../taskfile/problem.ts";
import { trimText } from "../taskfile/split-args.ts";
import { splitFields, splitRow } from "../taskfile/split-fields.ts";
import { isSampleSheet } from "../taskfile/unusable.ts";

/** The header of a sample sheet. */
export interface SheetHeader {
  columns: readonly string[];
  delimiter: string;
  /** as written, because it is repeated above rejected rows */
  header: string;
  headerLine: number;
  /** names in it are quoted and contain no commas; the same holds for all fields */
  isQuoted: boolean;
}

const DELIMITERS = [",", "\t", ";", "|"] as const;
const BY_EXTENSION: readonly [RegExp, string][] = [
  [/\.csv(\.gz)?$/i, ","],
  [/\.tsv(\.gz)?$/i, "\t"],
];

/** Reads the header of a sheet. Throws an UnusableFileError that says what is wrong with it. */
export function readSheetHeader(
  header: string,
  { line, name, delimiter: given }: { line: number; name: string; delimiter?: string | undefined },
): SheetHeader {
  const fail = (expected: string, hint = "") =>
    new UnusableFileError(`line ${line}: expected ${expected}, found ${shown(header)}${hint}`);
  if (header.includes("\r")) {
    throw fail("lines that end in LF or CR LF", "; convert it with  tr '\\r' '\\n' < FILE > NEWFILE");
  }
  if (isSampleSheet(header)) {
    throw fail(
      "the names of columns",
      "; it looks like the sample sheet of a sequencer: save what is below its line [Data] as a file of its own",
    );
  }
  if (/^\s*[[{]/.test(header)) throw fail("the names of columns, as sample,fastq_1,fastq_2", "; it looks like JSON");
  const delimiter = given === undefined ? findDelimiter(header, name, line) : parseDelimiter("delimiter", given);
  const columns = splitFields(header, delimiter).map(trimText);
  // spreadsheets write delimiters for empty columns
  while (columns.length > 1 && columns.at(-1) === "") columns.pop();
  const unnamed = columns.indexOf("");
  if (unnamed >= 0) {
    throw new UnusableFileError(
      `the header on line ${line} has no name for column ${unnamed + 1} of ${columns.length}; is there an extra delimiter?`,
    );
  }
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) {
    throw new UnusableFileError(`the header on line ${line} has the column ${shown(twice)} more than once`);
  }
  const isQuoted = delimiter !== "," && splitRow(header, delimiter).quotes !== undefined;
  return { columns, delimiter, header, headerLine: line, isQuoted };
}

/** The delimiter of a header: the only one that splits it, or the one that the file's name implies. Never a guess. */
function findDelimiter(header: string, name: string, line: number): string {
  const [first, ...others] = DELIMITERS.filter((delimiter) => splitFields(header, delimiter).length > 1);
  if (first === undefined) return ",";
  if (others.length === 0) return first;
  const [, named] = BY_EXTENSION.find(([extension]) => extension.test(name)) ?? [];
  const found = [first, ...others];
  if (named !== undefined && (found as string[]).includes(named)) return named;
  throw new UnusableFileError(
    `line ${line}: expected one delimiter in the header, found ${found.map(delimiterName).join(" and ")} in ${shown(header)}; say which it is with --delimiter (metadata 'delimiter'), or call the file .csv or .tsv`,
  );
}

/** Names of columns that hold sample ids, in lower case and without other characters. */
const SAMPLE_NAMES = ["sample", "sampleid", "samplename"];

/** The column with the sample ids. Throws an UnusableFileError if the header does not show which one it is. */
export function sampleColumnOf({ columns, headerLine: line }: SheetHeader): string {
  const found = columns.filter((column) => SAMPLE_NAMES.includes(column.toLowerCase().replace(/[^a-z]/g, "")));
  if (found.length === 1) return found[0] as string;
  const which =
    found.length === 0 ? `found ${columns.map(shown).join(", ")}` : `found ${found.map(shown).join(" and ")}`;
  throw new UnusableFileError(
    `the header on line ${line}: expected one column called sample, sample_id or sample_name, ${which}; name the column with the samples' ids in the workflow file, as  sample: ${shown(found[0] ?? columns[0] ?? "")}`,
  );
}

/**
 * `unknown column "fastq1"; did you mean {fastq_1}?` Does not suggest columns that the script already names (`used`).
 */
export function unknownColumnText(name: string, columns: readonly string[], used: readonly string[] = []): string {
  const close = nearest(name, columns);
  const help =
    close === undefined || used.includes(close) ? `the columns are ${columns.join(", ")}` : `did you mean {${close}}?`;
  return `unknown column ${shown(name)}; ${help}`;
}
