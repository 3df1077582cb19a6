import { COLUMNS, EXAMPLE_HEADER, findColumn } from "./columns.ts";
import { shown, UnusableFileError } from "./problem.ts";

const EXPECTED = `expected a text file with a header such as ${EXAMPLE_HEADER}`;

/** A comment above the header. */
export interface Note {
  line: number;
  text: string;
}

const CONVERT = "save it as UTF-8, or convert it with  iconv -f";

/** Encodings by their byte-order marks. UTF-32 comes first: its mark begins with UTF-16's. */
const MARKS: readonly { mark: readonly number[]; encoding: string }[] = [
  { mark: [0xff, 0xfe, 0, 0], encoding: "UTF-32" },
  { mark: [0, 0, 0xfe, 0xff], encoding: "UTF-32" },
  { mark: [0xff, 0xfe], encoding: "UTF-16" },
  { mark: [0xfe, 0xff], encoding: "UTF-16" },
];

/** Encodings of text without a mark, by the pattern of NUL bytes (0) and ASCII characters (1) at its start. */
const PATTERNS: readonly { zeros: readonly (0 | 1)[]; encoding: string }[] = [
  { zeros: [1, 0, 0, 0, 1, 0, 0, 0], encoding: "UTF-32LE" },
  { zeros: [0, 0, 0, 1, 0, 0, 0, 1], encoding: "UTF-32BE" },
  { zeros: [1, 0, 1, 0, 1, 0, 1, 0], encoding: "UTF-16LE" },
  { zeros: [0, 1, 0, 1, 0, 1, 0, 1], encoding: "UTF-16BE" },
];

/** First bytes of the file types that people import by mistake, and what people should do instead. */
const KINDS: readonly { magic: readonly number[]; kind: string }[] = [
  { magic: zipWith("mimetypeapplication/vnd.oasis"), kind: "a LibreOffice document (save the sheet as CSV instead)" },
  { magic: zipWith("Index/"), kind: "a Numbers or Pages document (export the sheet as CSV instead)" },
  { magic: [0x50, 0x4b, 0x03, 0x04], kind: "a ZIP archive or an Excel workbook (save the sheet as CSV instead)" },
  { magic: [0xd0, 0xcf, 0x11, 0xe0], kind: "an old Excel workbook (save the sheet as CSV instead)" },
  { magic: [0x42, 0x5a, 0x68], kind: "a bzip2 file (decompress it, or use gzip)" },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], kind: "an xz file (decompress it, or use gzip)" },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], kind: "a zstd file (decompress it, or use gzip)" },
  { magic: [0x1f, 0x8b], kind: "a gzip file inside a gzip file (decompress it once)" },
  { magic: [0x25, 0x50, 0x44, 0x46], kind: "a PDF" },
  {
    magic: ascii("{\\rtf"),
    kind: "a document with fonts, RTF (save it as plain text; in TextEdit: Format, Make Plain Text)",
  },
  { magic: ascii("<!DOCTYPE"), kind: "a web page (is it a page to log in, instead of the file?)" },
  { magic: ascii("<html"), kind: "a web page (is it a page to log in, instead of the file?)" },
  { magic: ascii("<?xml"), kind: "XML (save the sheet as CSV instead)" },
];

/** The first file in a ZIP archive has its name at byte 30; -1 stands for any byte. */
function zipWith(name: string): number[] {
  return [0x50, 0x4b, 0x03, 0x04, ...Array<number>(26).fill(-1), ...ascii(name)];
}

function ascii(text: string): number[] {
  return [...Buffer.from(text, "latin1")];
}

/**
 * The error for a binary file, recognized by its first bytes; undefined if the file may be text. `wanted`: what the
 * message says was expected.
 */
export function binaryProblem(head: Uint8Array, wanted = EXPECTED): UnusableFileError | undefined {
  const encoded = encodingProblem(head, wanted);
  if (encoded) return encoded;
  const known = KINDS.find(({ magic }) => magic.every((byte, at) => byte < 0 || head[at] === byte));
  if (known) return new UnusableFileError(`${wanted}, found ${known.kind}`);
  if (head.subarray(0, 1024).includes(0)) {
    return new UnusableFileError(`${wanted}, found a binary file (it contains NUL bytes)`);
  }
  return undefined;
}

/** The error for text in UTF-16 or UTF-32, with or without a byte-order mark; undefined if it may be UTF-8. */
export function encodingProblem(head: Uint8Array, wanted = EXPECTED): UnusableFileError | undefined {
  const found =
    MARKS.find(({ mark }) => mark.every((byte, at) => head[at] === byte)) ??
    PATTERNS.find(({ zeros }) =>
      zeros.every((zero, at) => isAscii(head[at]) === (zero === 1) && head[at] !== undefined),
    );
  if (!found) return undefined;
  const { encoding } = found;
  return new UnusableFileError(`${wanted}, found ${encoding.slice(0, 6)} text (${CONVERT} ${encoding} -t UTF-8)`);
}

function isAscii(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0 && byte < 128;
}

/** The error for a file without a line that is neither blank nor a comment. */
export function emptyProblem(notes: readonly Note[]): UnusableFileError {
  if (notes.length === 0) return new UnusableFileError(`${EXPECTED}, found an empty file`);
  return (
    commentedHeaderProblem(notes) ?? new UnusableFileError(`${EXPECTED}, found only comments (lines that start with #)`)
  );
}

/** The error for a list without a command. */
export function noCommandsProblem(notes: readonly Note[]): UnusableFileError {
  const found = notes.length === 0 ? "an empty file" : "only comments (lines that start with #)";
  return new UnusableFileError(`expected a list of commands, one per line, found ${found}`);
}

/** The error for a file whose header has been commented out; undefined if no comment looks like a header. */
export function commentedHeaderProblem(notes: readonly Note[]): UnusableFileError | undefined {
  const header = notes.find(({ text }) => {
    const names = text.replace(/^[^#]*#+/, "").split(/[|\t;,]/);
    return names.filter((name) => findColumn(name.replaceAll('"', ""), COLUMNS)).length >= 2;
  });
  if (!header) return undefined;
  return new UnusableFileError(
    `line ${header.line}: expected a header such as ${EXAMPLE_HEADER}, found ${shown(header.text)}, which is a comment because it starts with #; remove the #`,
  );
}

/** Whether a line opens a section, as in the sample sheet of a sequencer or an INI file. */
export function isSampleSheet(line: string): boolean {
  return /^\s*"?\[[A-Za-z][\w ]*\]/.test(line);
}

/** The error for a file of sections. */
export function sampleSheetProblem(line: number, text: string): UnusableFileError {
  return new UnusableFileError(
    `line ${line}: expected a header such as ${EXAMPLE_HEADER}, found ${shown(text)}; it looks like the sample sheet of a sequencer. Make a task file from it: the column names on the first line, then one row per item with itemID, TaskID (the sample, Sample_ID in the [Data] section) and TaskScript (the command to run)`,
  );
}

/** Whether a line names columns, one of them the sample: the header of a sheet that goes with a workflow file. */
export function isSheetHeader(line: string): boolean {
  const names = line.split(/[|\t;,]/).map((name) => name.trim().replaceAll('"', ""));
  return names.length > 1 && names.some((name) => /^sample(_?(id|name))?$/i.test(name));
}

/** The error for a sample sheet in place of a task file. */
export function sheetWithoutWorkflowProblem(line: number, text: string): UnusableFileError {
  return new UnusableFileError(
    `line ${line}: expected a header such as ${EXAMPLE_HEADER}, found ${shown(text)}; it looks like a sample sheet. Give the workflow file before it, such as  workflow.yml samples.csv`,
  );
}

/** The error for a file whose first `bytes` bytes contain no complete header line. */
export function noHeaderLineProblem(bytes: number): UnusableFileError {
  return new UnusableFileError(`${EXPECTED}, found no line end in the first ${bytes / 1024} kB`);
}

/** The error for a JSON list instead of JSON Lines. */
export function jsonListProblem(): UnusableFileError {
  return new UnusableFileError(
    "expected JSON Lines, one object per line, found one JSON list; convert it with  jq -c '.[]' FILE > NEWFILE.jsonl",
  );
}
