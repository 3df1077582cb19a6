import { COLUMNS, type Column, EXAMPLE_HEADER, findColumn, nearestColumn, REQUIRED } from "./columns.ts";
import {
  checkDiffer,
  DELIMITERS,
  type DelimiterHints,
  delimiterName,
  parseDelimiters,
  usualNestedDelimiter,
} from "./delimiters.ts";
import { shown, UnusableFileError } from "./problem.ts";
import { splitFields } from "./split-fields.ts";
import { jsonListProblem } from "./unusable.ts";

/** How the rows of a file are to be read: all that its header and its hints say. */
export type FileFormat =
  | {
      kind: "delimited";
      delimiter: string;
      nestedDelimiter: string;
      columns: readonly Column[];
      /** the header's text, to be put before rows that are to be mended */
      header: string;
    }
  | { kind: "json"; nestedDelimiter: string };

const JSON_NAME = /\.(jsonl|ndjson)(\.gz)?$/i;

/** Whether a file is JSON Lines: its name says so, or its first line begins as an object does. */
export function isJsonLines(name: string, firstLine: string): boolean {
  return JSON_NAME.test(name) || /^\s*\{\s*"/.test(firstLine);
}

/** The format of JSON Lines. */
export function jsonFormat(hints: DelimiterHints): FileFormat {
  const { nestedDelimiter } = parseDelimiters(hints);
  return { kind: "json", nestedDelimiter: nestedDelimiter ?? "," };
}

/** Reads the format off a header line, or throws an UnusableFileError that says what is wrong with it. */
export function readHeader(header: string, line: number, hints: DelimiterHints): FileFormat {
  if (header.includes("\r")) throw oldMac(header, line);
  const given = parseDelimiters(hints);
  const delimiter = given.delimiter ?? findDelimiter(header);
  const names = delimiter === undefined ? [header] : splitFields(header, delimiter);
  if (delimiter === undefined || !names.some((name) => findColumn(name, COLUMNS))) {
    throw noHeader(header, line, given.delimiter);
  }
  const nestedDelimiter = given.nestedDelimiter ?? usualNestedDelimiter(delimiter);
  checkDiffer(delimiter, nestedDelimiter, "nested-delimiter");
  return { kind: "delimited", delimiter, nestedDelimiter, columns: readColumns(names, line), header };
}

/** The delimiter by which most known columns come out; at least two have to. */
function findDelimiter(header: string): string | undefined {
  let best: { delimiter: string; known: number } = { delimiter: "", known: 1 };
  for (const delimiter of DELIMITERS) {
    const known = splitFields(header, delimiter).filter((name) => findColumn(name, COLUMNS)).length;
    if (known > best.known) best = { delimiter, known };
  }
  return best.delimiter || undefined;
}

function readColumns(names: readonly string[], line: number): Column[] {
  const columns = names.map((name, index) => {
    const column = findColumn(name, COLUMNS);
    if (column) return column;
    if (name.trim() === "") {
      throw new UnusableFileError(
        `the header on line ${line} has no name for column ${index + 1} of ${names.length}; is there a delimiter too many?`,
      );
    }
    const nearest = nearestColumn(name, COLUMNS);
    const help = nearest ? `; is ${nearest} meant? The` : ". The";
    throw new UnusableFileError(
      `the header on line ${line} has a column ${shown(name)} that is not known${help} known ones are ${COLUMNS.join(", ")}`,
    );
  });
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice) throw new UnusableFileError(`the header on line ${line} has the column ${twice} more than once`);
  const missing = REQUIRED.filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    throw new UnusableFileError(
      `the header on line ${line} lacks ${missing.join(" and ")}: expected a header such as ${EXAMPLE_HEADER}, found ${columns.join(", ")}`,
    );
  }
  return columns;
}

function noHeader(header: string, line: number, given: string | undefined): UnusableFileError {
  const found = `line ${line}: expected a header such as ${EXAMPLE_HEADER}, found ${shown(header)}`;
  if (given !== undefined && findDelimiter(header) !== undefined) {
    return new UnusableFileError(
      `${found}; the delimiter is set to ${delimiterName(given)}, but the header has another`,
    );
  }
  if (header.trim().startsWith("[")) return jsonListProblem();
  if (/item_?id/i.test(header)) {
    if (DELIMITERS.some((delimiter) => header.includes(delimiter))) {
      return new UnusableFileError(`${found}; ${REQUIRED.join(", ")} have to be among the columns, by these names`);
    }
    return new UnusableFileError(
      `${found}; the columns must be parted by one of | , ; or tab, or by what --delimiter (metadata 'delimiter') says`,
    );
  }
  return new UnusableFileError(`${found}; put the names of the columns on the first line`);
}

function oldMac(header: string, line: number): UnusableFileError {
  return new UnusableFileError(
    `line ${line}: expected lines that end in LF or CR LF, found CR alone in ${shown(header)}, as on old Macs; convert it with  tr '\\r' '\\n' < FILE > NEWFILE`,
  );
}
