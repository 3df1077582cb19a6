import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { idProblem, trimId } from "../../../lib/ids.ts";
import { unixLines } from "../../../lib/taskfile/clean-text.ts";
import { isComment } from "../../../lib/taskfile/comments.ts";
import { isOddlyQuoted } from "../../../lib/taskfile/odd-text.ts";
import { openQuoteProblem } from "../../../lib/taskfile/open-quote.ts";
import type { Fields } from "../../../lib/taskfile/read-row.ts";
import { plain, readAll, readWithRemarks } from "../../support/task-files.ts";

type Row = [itemId: string, taskId: string, script: string];

const text = (maxLength: number) => fc.string({ unit: "binary", minLength: 1, maxLength }).map((t) => t.toWellFormed());
const id = fc.oneof(fc.string({ minLength: 1, maxLength: 20 }), text(20)).filter((t) => {
  return idProblem(t) === undefined && trimId(t) === t && !isComment(Buffer.from(t));
});
// half of them full of characters that could be mistaken for structure
const tricky = fc.string({
  unit: fc.constantFrom('"', ",", "|", ";", "\t", "\n", "\r", "'", "\\", " ", "a", "é"),
  minLength: 1,
});
// a script with a quote that is not closed is rejected
const isWhole = (t: string) => openQuoteProblem({ TaskScript: t } as Fields) === undefined;
const script = fc
  .oneof(tricky, text(40))
  .filter((t) => t.trim() !== "" && !t.includes("\0") && unixLines(t) === t && isWhole(t));
const chunk = fc.integer({ min: 1, max: 60 });
const newline = fc.constantFrom("\n", "\r\n");

function expectRead(rows: Row[], read: Awaited<ReturnType<typeof readAll>>): void {
  expect(read).toEqual({ items: rows.map((row) => plain(...row)), messages: [] });
}

test("any table written as delimited text is read back unchanged, whatever the pieces it arrives in", async () => {
  const table = fc.constantFrom("|", "\t", ";").chain((delimiter) => {
    const fits = (t: string) => !t.includes(delimiter) && !/[\r\n]/.test(t);
    // one that begins with a quote may be a spreadsheet's: see the next test
    const isLiteral = (t: string) => !t.startsWith('"');
    const row = fc.tuple(
      id.filter(fits).filter(isLiteral),
      id.filter(fits).filter(isLiteral),
      script.filter(fits).filter(isLiteral),
    );
    return fc.tuple(fc.constant(delimiter), fc.array(row, { maxLength: 8 }));
  });
  await fc.assert(
    fc.asyncProperty(table, newline, chunk, fc.boolean(), async ([delimiter, rows], end, size, packed) => {
      const lines = [["itemID", "TaskID", "TaskScript"], ...rows].map((row) => row.join(delimiter) + end);
      const content = lines.join("");
      expectRead(rows, await readAll(packed ? gzipSync(content) : content, { size }));
    }),
    { numRuns: 300 },
  );
});

test("any table written as a spreadsheet does, without commas, is read back unchanged", async () => {
  const delimiters = fc.constantFrom("|", "\t", ";", "^");
  // Excel ends rows with CR LF, and lines inside a cell with LF
  const cellText = script.filter((t) => !t.includes("\r"));
  const rows = fc.array(fc.tuple(id, id, cellText), { maxLength: 8 });
  const header = ["itemID", "TaskID", "TaskScript"];
  await fc.assert(
    fc.asyncProperty(delimiters, rows, chunk, fc.boolean(), async (delimiter, table, size, always) => {
      const isQuoted = (field: string) => always || field.includes(delimiter) || /["\r\n,]/.test(field);
      const cell = (field: string) => (isQuoted(field) ? `"${field.replaceAll('"', '""')}"` : field);
      const lines = [header, ...table].map((row) => `${row.map(cell).join(delimiter)}\r\n`);
      const { items, messages, remarks } = await readWithRemarks(lines.join(""), {
        delimiter,
        nestedDelimiter: "space",
        size,
      });
      expectRead(table, { items, messages });
      const hasOddQuotes = table.some(([itemId, taskId]) => [itemId, taskId].some(isOddlyQuoted));
      const usual = /^(unquoted|lookalikes|typographic|converted|missing|oneArgument|leftRunning) /;
      expect(
        remarks.filter((remark) => !usual.test(remark) && !(hasOddQuotes && remark.startsWith("quotesKept "))),
      ).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("any table written as CSV is read back unchanged, including line ends and quotes", async () => {
  const rows = fc.array(fc.tuple(id, id, script), { maxLength: 8 });
  const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(rows, newline, chunk, fc.boolean(), async (table, end, size, always) => {
      const cell = (field: string) => (always || /["\r\n,]/.test(field) ? quoted(field) : field);
      const lines = [["itemID", "TaskID", "TaskScript"], ...table].map((row) => row.map(cell).join(",") + end);
      expectRead(table, await readAll(lines.join(""), { name: "run.csv", size }));
    }),
    { numRuns: 300 },
  );
});

test("any table written as JSON Lines is read back unchanged", async () => {
  const rows = fc.array(fc.tuple(id, id, script), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(rows, newline, chunk, async (table, end, size) => {
      const lines = table.map(([itemID, TaskID, TaskScript]) => JSON.stringify({ itemID, TaskID, TaskScript }) + end);
      expectRead(table, await readAll(lines.join(""), { name: "run.jsonl", size }));
    }),
    { numRuns: 300 },
  );
});

test("reading any bytes ends with rows or with one error message", async () => {
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    tricky.map((t) => Buffer.from(t)),
  );
  const headers = fc.constantFrom("", "itemID|TaskID|TaskScript\n", "itemID,TaskID,TaskScript\n", '{"itemID":"a"}\n');
  await fc.assert(
    fc.asyncProperty(headers, junk, chunk, async (header, bytes, size) => {
      const outcome = await readAll(Buffer.concat([Buffer.from(header), bytes]), { size }).catch((error) => error.name);
      expect(["UnusableFileError", "object"]).toContain(typeof outcome === "string" ? outcome : typeof outcome);
    }),
    { numRuns: 500 },
  );
});
