import { EXAMPLE_HEADER } from "./columns.ts";
import { UnusableFileError } from "./problem.ts";

const EXPECTED = `expected a text file with a header such as ${EXAMPLE_HEADER}`;

/** First bytes of the file types that people import by mistake, and what to do instead. */
const KINDS: readonly { magic: readonly number[]; kind: string }[] = [
  { magic: [0x50, 0x4b, 0x03, 0x04], kind: "a ZIP archive or an Excel workbook (save the sheet as CSV instead)" },
  { magic: [0xd0, 0xcf, 0x11, 0xe0], kind: "an old Excel workbook (save the sheet as CSV instead)" },
  { magic: [0xff, 0xfe], kind: "UTF-16 text (save it as UTF-8, or convert it with  iconv -f UTF-16 -t UTF-8)" },
  { magic: [0xfe, 0xff], kind: "UTF-16 text (save it as UTF-8, or convert it with  iconv -f UTF-16 -t UTF-8)" },
  { magic: [0x42, 0x5a, 0x68], kind: "a bzip2 file (decompress it, or use gzip)" },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], kind: "an xz file (decompress it, or use gzip)" },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], kind: "a zstd file (decompress it, or use gzip)" },
  { magic: [0x1f, 0x8b], kind: "a gzip file inside a gzip file (decompress it once)" },
  { magic: [0x25, 0x50, 0x44, 0x46], kind: "a PDF" },
];

/** The error for a binary file, recognized by its first bytes; undefined if the file may be text. */
export function binaryProblem(head: Uint8Array): UnusableFileError | undefined {
  const known = KINDS.find(({ magic }) => magic.every((byte, at) => head[at] === byte));
  if (known) return new UnusableFileError(`${EXPECTED}, found ${known.kind}`);
  if (head.subarray(0, 1024).includes(0)) {
    return new UnusableFileError(`${EXPECTED}, found a binary file (it contains NUL bytes)`);
  }
  return undefined;
}

/** The error for a file without a non-blank line. */
export function emptyProblem(): UnusableFileError {
  return new UnusableFileError(`${EXPECTED}, found an empty file`);
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
