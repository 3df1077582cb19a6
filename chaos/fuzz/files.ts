import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { COLUMNS, JSON_COLUMNS, REQUIRED } from "../../lib/taskfile/columns.ts";
import { piece, text } from "./texts.ts";
import type { FuzzFile } from "./world.ts";

const OTHERS = COLUMNS.filter((column) => !(REQUIRED as readonly string[]).includes(column));
const newline = fc.constantFrom("\n", "\r\n");
const onDuplicate = fc.option(fc.constantFrom("skip", "retry", "reset", "fail"), { nil: undefined, freq: 4 });

/** A header: the required columns and some others, in any order and case. */
const header = fc.tuple(fc.subarray([...OTHERS]), fc.boolean()).chain(([some, isLower]) =>
  fc.shuffledSubarray([...REQUIRED, ...some], { minLength: REQUIRED.length + some.length }).map((names) => ({
    names: isLower ? names.map((name) => name.toLowerCase()) : names,
  })),
);

const GOOD = new Map<string, fc.Arbitrary<string>>([
  ["itemid", fc.stringMatching(/^[a-z]{1,3}[0-9]{0,3}$/)],
  ["taskid", fc.stringMatching(/^S[0-9]{1,2}$/)],
  ["taskscript", fc.constantFrom("echo", "bwa mem {} > out.sam", "wc -l < in.txt", 'awk "{print}"', "sleep 1; echo")],
  ["taskargs", fc.constantFrom("", "chr1,chr2", "1;2;3", "a")],
  ["taskscripts", fc.constantFrom("echo")],
  ["step", fc.constantFrom("", "align", "call")],
]);

/** A cell of a column: usually a value that belongs there. */
function cellOf(name: string): fc.Arbitrary<string> {
  const good = GOOD.get(name.toLowerCase()) ?? fc.integer({ min: 0, max: 9 }).map(String);
  return fc.oneof({ weight: 8, arbitrary: good }, { weight: 2, arbitrary: text });
}

/** A table: most rows have as many cells as the header. */
const table = header.chain(({ names }) =>
  fc.record({
    names: fc.constant<readonly string[]>(names),
    rows: fc.array(
      fc.oneof(
        { weight: 9, arbitrary: fc.tuple(...names.map(cellOf)) },
        { weight: 1, arbitrary: fc.array(text, { minLength: 1, maxLength: names.length + 2 }) },
      ),
      { maxLength: 6 },
    ),
  }),
);

const packing = fc.record({ isPacked: fc.boolean(), piece, onDuplicate });

function fileOf(
  content: string,
  { isPacked, piece: size, onDuplicate: rule }: { isPacked: boolean; piece: number; onDuplicate: string | undefined },
  { name, rows }: { name: string; rows?: number },
): FuzzFile {
  return {
    name: isPacked ? `${name}.gz` : name,
    bytes: isPacked ? gzipSync(content) : Buffer.from(content),
    metadata: rule === undefined ? {} : { "on-duplicate": rule },
    piece: size,
    ...(rows !== undefined && { rows }),
  };
}

/** Task files of delimited text, without quotes around cells, so that no cell contains a delimiter or a line break. */
export const delimitedFiles: fc.Arbitrary<FuzzFile> = fc
  .record({ delimiter: fc.constantFrom("|", "\t", ";"), table, newline, packing })
  .map(({ delimiter, table: { names, rows }, newline: end, packing: how }) => {
    const cell = (value: string) => value.replaceAll(delimiter, "").replace(/[\r\n"]/g, "");
    const cells = rows.map((row) => row.map(cell));
    const lines = cells.map((row) => row.join(delimiter));
    const content = [names.join(delimiter), ...lines].map((line) => line + end).join("");
    return fileOf(content, how, { name: "list.txt", rows: cells.filter(isRow).length });
  });

/** Files as a spreadsheet saves them: cells with a delimiter, a quote or a line break are quoted. */
export const sheets: fc.Arbitrary<FuzzFile> = fc
  .record({ table, packing, always: fc.boolean() })
  .map(({ table: { names, rows }, packing: how, always }) => {
    const cell = (value: string) => (always || /["\r\n,]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    const lines = rows.map((row) => row.map(cell).join(","));
    const content = [names.join(","), ...lines].map((line) => `${line}\r\n`).join("");
    return fileOf(content, how, { name: "sheet.csv", rows: rows.filter(isRow).length });
  });

/** A value of a column in JSON Lines: usually text that belongs there, or a list or number where those are allowed. */
function jsonValueOf(name: string): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 7, arbitrary: cellOf(name) },
    { weight: 2, arbitrary: fc.oneof(fc.array(text, { maxLength: 4 }), fc.integer({ min: -1, max: 10 })) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );
}

const jsonRow = fc
  .tuple(
    fc.subarray([...JSON_COLUMNS], { minLength: 1 }),
    fc.subarray([...REQUIRED]),
    fc.option(text, { nil: undefined, freq: 20 }),
  )
  .chain(([some, required, odd]) => {
    const names = [...new Set([...required, ...some, ...(odd === undefined ? [] : [odd])])];
    return fc.tuple(...names.map(jsonValueOf)).map((values) => {
      // not an object literal, because `__proto__` is a field like any other here
      const fields = names.map((name, at) => `${JSON.stringify(name)}:${JSON.stringify(values[at])}`);
      return `{${fields.join(",")}}`;
    });
  });

/** JSON Lines, with any value in any field. */
export const jsonFiles: fc.Arbitrary<FuzzFile> = fc
  .record({ rows: fc.array(jsonRow, { minLength: 1, maxLength: 6 }), newline, packing })
  .map(({ rows, newline: end, packing: how }) => {
    const content = rows.map((row) => row.toWellFormed() + end).join("");
    return fileOf(content, how, { name: "list.jsonl", rows: rows.length });
  });

/** Lists of commands, one per line. */
export const commandLists: fc.Arbitrary<FuzzFile> = fc
  .record({ lines: fc.array(text, { maxLength: 10 }), newline, packing })
  .map(({ lines, newline: end, packing: how }) => {
    const file = fileOf(lines.map((line) => line + end).join(""), how, { name: "commands.txt" });
    return { ...file, metadata: { ...file.metadata, format: "commands" } };
  });

/** One change to a file's bytes, at a position given as a share of its length. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(20),
  put: fc.oneof(
    text.map((made) => Buffer.from(made)),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  ),
});

/** Any of the above with damaged bytes. */
export const damagedFiles: fc.Arbitrary<FuzzFile> = fc
  .record({
    file: fc.oneof(delimitedFiles, sheets, jsonFiles, commandLists),
    damages: fc.array(damage, { minLength: 1, maxLength: 5 }),
    end: fc.double({ min: 0.2, max: 3, noNaN: true }),
  })
  .map(({ file: { rows: _, ...file }, damages, end }) => {
    let { bytes } = file;
    for (const { at, cut, put } of damages) {
      const from = Math.floor(at * bytes.length);
      bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)]);
    }
    return { ...file, bytes: bytes.subarray(0, Math.ceil(end * bytes.length)) };
  });

/** A row without any text is not a row: spreadsheets write such rows below the last one. */
function isRow(cells: readonly string[]): boolean {
  return cells.some((value) => value.trim() !== "");
}
