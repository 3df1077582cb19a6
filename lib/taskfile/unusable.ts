import { EXAMPLE_HEADER } from "./columns.ts";
import { UnusableFileError } from "./problem.ts";

const REMEDY = `expected a text file with a header such as ${EXAMPLE_HEADER}`;

/** First bytes of what people drop by mistake, and what they can do instead. */
const KINDS: readonly { magic: readonly number[]; kind: string }[] = [
  { magic: [0x50, 0x4b, 0x03, 0x04], kind: "a ZIP archive or an Excel workbook (save the sheet as CSV instead)" },
  { magic: [0xd0, 0xcf, 0x11, 0xe0], kind: "an old Excel workbook (save the sheet as CSV instead)" },
  { magic: [0xff, 0xfe], kind: "UTF-16 text (save it as UTF-8, or convert it with  iconv -f UTF-16 -t UTF-8)" },
  { magic: [0xfe, 0xff], kind: "UTF-16 text (save it as UTF-8, or convert it with  iconv -f UTF-16 -t UTF-8)" },
  { magic: [0x42, 0x5a, 0x68], kind: "a bzip2 file (unpack it, or pack it with gzip)" },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], kind: "an xz file (unpack it, or pack it with gzip)" },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], kind: "a zstd file (unpack it, or pack it with gzip)" },
  { magic: [0x1f, 0x8b], kind: "a gzip file inside a gzip file (unpack it once)" },
  { magic: [0x25, 0x50, 0x44, 0x46], kind: "a PDF" },
];

/** What a file is that is no text at all, going by how it begins; nothing if it may be text. */
export function binaryProblem(head: Uint8Array): UnusableFileError | undefined {
  const known = KINDS.find(({ magic }) => magic.every((byte, at) => head[at] === byte));
  if (known) return new UnusableFileError(`${REMEDY}, found ${known.kind}`);
  if (head.subarray(0, 1024).includes(0)) {
    return new UnusableFileError(`${REMEDY}, found a binary file (it holds NUL bytes)`);
  }
  return undefined;
}

/** The message for a file without a single line. */
export function emptyProblem(): UnusableFileError {
  return new UnusableFileError(`${REMEDY}, found an empty file`);
}

/** The message for a file in whose beginning there is no line that could be a header. */
export function headlessProblem(bytes: number): UnusableFileError {
  return new UnusableFileError(`${REMEDY}, found no end of a line in the first ${bytes / 1024} kB`);
}

/** The message for JSON that is not JSON Lines. */
export function jsonListProblem(): UnusableFileError {
  return new UnusableFileError(
    "expected JSON Lines, one object a line, found one JSON list; convert it with  jq -c '.[]' FILE > NEWFILE.jsonl",
  );
}
