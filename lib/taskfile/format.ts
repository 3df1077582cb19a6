import { COLUMNS, type Column, EXAMPLE_HEADER, findColumn, nearestColumn, REQUIRED } from "./columns.ts";
import {
  checkDiffer,
  DELIMITERS,
  type DelimiterHints,
  defaultNestedDelimiter,
  delimiterName,
  parseDelimiters,
} from "./delimiters.ts";
import { shown, UnusableFileError } from "./problem.ts";
import { splitFields, splitRow } from "./split-fields.ts";
import {
  isSampleSheet,
  isSheetHeader,
  jsonListProblem,
  sampleSheetProblem,
  sheetWithoutWorkflowProblem,
} from "./unusable.ts";

/** How to read the rows of a file, from its header and the delimiter hints. */
export type FileFormat =
  | {
      kind: "delimited";
      delimiter: string;
      nestedDelimiter: string;
      columns: readonly Column[];
      /** the header line as written: repeated above rejected rows, so that they can be fixed and imported */
      header: string;
      /** the names in the header are quoted although they contain no commas, so all fields are quoted */
      isQuoted?: boolean;
    }
  | { kind: "json"; nestedDelimiter: string }
  /** no header: each line is a command */
  | { kind: "commands"; nestedDelimiter: string };

/** What a file's metadata or a command's options say about its format. */
export interface ReadingHints extends DelimiterHints {
  /** each line is a command */
  commands?: boolean;
}

/**
 * Parses the delimiters, if given; a list of commands has none. `spell` returns the name that messages use for an
 * option.
 */
export function parseHints(
  { commands, ...hints }: ReadingHints,
  spell?: (option: keyof DelimiterHints) => string,
): DelimiterHints {
  const given = parseDelimiters(hints, spell);
  const [other] = Object.keys(given) as (keyof DelimiterHints)[];
  if (!commands || other === undefined) return given;
  const name = spell ? spell(other) : other === "delimiter" ? other : "nested-delimiter";
  throw new UnusableFileError(`${name}: expected none for a list of commands, which has no columns`);
}

const JSON_NAME = /\.(jsonl|ndjson)(\.gz)?$/i;

/** Whether a file is JSON Lines: by its extension, or because its first line begins like a JSON object. */
export function isJsonLines(name: string, firstLine: string): boolean {
  return JSON_NAME.test(name) || /^\s*\{\s*"/.test(firstLine);
}

/** The format of a list of commands. Throws an UnusableFileError if its first line belongs to a task file. */
export function commandsFormat(firstLine: string, line: number): FileFormat {
  if (isSampleSheet(firstLine)) throw sampleSheetProblem(line, firstLine);
  const isHeader = findDelimiter(firstLine) !== undefined || renames(firstLine, undefined) !== "";
  if (isHeader || isJsonLines("", firstLine)) {
    const found = isHeader ? "the header of a task file" : "a row of JSON Lines";
    throw new UnusableFileError(
      `line ${line}: expected a command, found ${found}, ${shown(firstLine)}; leave out --commands (metadata 'format')`,
    );
  }
  if (firstLine.includes("\r")) throw oldMac(firstLine, line);
  return { kind: "commands", nestedDelimiter: "," };
}

/** The format of JSON Lines. */
export function jsonFormat(hints: DelimiterHints): FileFormat {
  const { nestedDelimiter } = parseDelimiters(hints);
  return { kind: "json", nestedDelimiter: nestedDelimiter ?? "," };
}

/** Works out the format from a header line. Throws an UnusableFileError that says what is wrong with the header. */
export function readHeader(header: string, line: number, hints: DelimiterHints): FileFormat {
  if (header.includes("\r")) throw oldMac(header, line);
  const given = parseDelimiters(hints);
  const delimiter = given.delimiter ?? findDelimiter(header);
  const names = delimiter === undefined ? [header] : splitFields(header, delimiter);
  if (delimiter === undefined || !names.some((name) => findColumn(name, COLUMNS))) {
    throw noHeader(header, line, given.delimiter);
  }
  const nestedDelimiter = given.nestedDelimiter ?? defaultNestedDelimiter(delimiter);
  checkDiffer(delimiter, nestedDelimiter, "nested-delimiter");
  const columns = readColumns(names, line);
  const isQuoted = delimiter !== "," && splitRow(header, delimiter).quotes !== undefined;
  return { kind: "delimited", delimiter, nestedDelimiter, columns, header, ...(isQuoted && { isQuoted }) };
}

/** The delimiter that splits the header into the most known columns; undefined if none yields at least two. */
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
        `the header on line ${line} has no name for column ${index + 1} of ${names.length}; is there an extra delimiter?${index === 0 ? ROW_NAMES : ""}`,
      );
    }
    const nearest = nearestColumn(name.normalize("NFKC"), COLUMNS);
    // letters that only look like the right ones cannot be told from them
    const other = /[^\x20-\x7e]/u.exec(name)?.[0];
    const why = nearest && other ? ` (${other} is not an ordinary letter)` : "";
    const help = nearest ? `; did you mean ${nearest}?${why}` : ".";
    throw new UnusableFileError(
      `the header on line ${line} has an unknown column ${shown(name)}${help} The known columns are ${COLUMNS.join(", ")}`,
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

const ROW_NAMES = " If these are row names, leave them out: index=False in pandas, row.names=FALSE in R.";

function noHeader(header: string, line: number, given: string | undefined): UnusableFileError {
  const found = `line ${line}: expected a header such as ${EXAMPLE_HEADER}, found ${shown(header)}`;
  if (given !== undefined && findDelimiter(header) !== undefined) {
    return new UnusableFileError(
      `${found}; the delimiter is set to ${delimiterName(given)}, but the header uses another one`,
    );
  }
  if (isSampleSheet(header)) return sampleSheetProblem(line, header);
  if (header.trim().startsWith("[")) return jsonListProblem();
  if (header.trim() === "{") {
    return new UnusableFileError(
      `line ${line}: expected JSON Lines, one object per line, found one of several lines; convert it with  jq -c . FILE > NEWFILE.jsonl`,
    );
  }
  const wide = /[\uff5c\uff0c\uff1b\u00a6\u2502\u2223]/.exec(header)?.[0];
  if (wide && /item[ _-]?id/i.test(header)) {
    const code = wide.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return new UnusableFileError(
      `${found}; ${wide} (U+${code}) only looks like a delimiter: type | , ; or tab instead`,
    );
  }
  const help = renames(header, given);
  if (help !== "" || /item[ _-]?id/i.test(header)) {
    if (help !== "" || DELIMITERS.some((delimiter) => header.includes(delimiter))) {
      return new UnusableFileError(`${found}; the columns must include ${REQUIRED.join(", ")}, by these names${help}`);
    }
    return new UnusableFileError(
      `${found}; separate the columns by | , ; or tab, or by the delimiter that --delimiter (metadata 'delimiter') sets`,
    );
  }
  if (isSheetHeader(header)) return sheetWithoutWorkflowProblem(line, header);
  const isCommand = /^\s*[\w./~$-]+ /.test(header);
  const list = isCommand ? ", or use --commands (metadata 'format') if each line is a command" : "";
  return new UnusableFileError(`${found}; put the column names on the first line${list}`);
}

/**
 * Which names of a header probably mean which columns, with the delimiter that finds the most; empty if only one is
 * near.
 */
function renames(header: string, given: string | undefined): string {
  const found = (given === undefined ? DELIMITERS : [given]).map((delimiter) => {
    const names = splitFields(header, delimiter);
    const taken = new Set(names.flatMap((name) => findColumn(name, COLUMNS) ?? []));
    const renamed = names.flatMap((name) => {
      const column = findColumn(name, COLUMNS) ? undefined : nearestColumn(name, COLUMNS);
      // sample names have digits, column names do not
      if (!column || /\d/.test(name) || taken.has(column)) return [];
      taken.add(column);
      return [`${shown(name.trim())} should be ${column}`];
    });
    return { known: taken.size, renamed };
  });
  const [best] = found.sort((a, b) => b.known - a.known);
  return best && best.known >= 2 && best.renamed.length > 0 ? `: ${best.renamed.join(", ")}` : "";
}

function oldMac(header: string, line: number): UnusableFileError {
  return new UnusableFileError(
    `line ${line}: expected lines that end in LF or CR LF, found CR alone in ${shown(header)}, as on old Macs; convert it with  tr '\\r' '\\n' < FILE > NEWFILE`,
  );
}
