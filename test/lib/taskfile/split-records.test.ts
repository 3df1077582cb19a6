import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecordSplitter } from "../../../lib/taskfile/split-records.ts";

const START = { offset: 0, line: 1 };

function split(
  content: string,
  size: number,
  { quoted, maxBytes = 50 }: { quoted?: string | undefined; maxBytes?: number } = {},
) {
  const bytes = Buffer.from(content);
  const splitter = new RecordSplitter(START, quoted, maxBytes);
  const records = [];
  for (let at = 0; at < bytes.length; at += size) records.push(...splitter.split(bytes.subarray(at, at + size)));
  records.push(...splitter.end());
  return records.map((record) => ({ ...record, bytes: record.bytes.toString() }));
}

const content = fc.string({ unit: fc.constantFrom('"', ",", ";", "\n", "\r", "a", "b"), maxLength: 120 });

describe.each([undefined, ",", ";"])("with quoting and the delimiter %s", (quoted) => {
  test("the pieces that a text arrives in do not change its records", () => {
    fc.assert(
      fc.property(content, fc.integer({ min: 1, max: 130 }), fc.constantFrom(8, 50), (text, size, maxBytes) => {
        const whole = split(text, text.length + 1, { quoted, maxBytes });
        // how much is kept of the beginning of a record that is too long depends on the pieces
        const comparable = (record: (typeof whole)[number]) =>
          record.fault === "too-long" ? { ...record, bytes: "" } : record;
        expect(split(text, size, { quoted, maxBytes }).map(comparable)).toEqual(whole.map(comparable));
      }),
      { numRuns: 20_000 },
    );
  });

  test("reading from the end of a record yields the records after it", () => {
    fc.assert(
      fc.property(content, fc.nat(10), (text, cut) => {
        const all = split(text, 3, { quoted });
        const end = all[cut]?.end;
        if (!end) return;
        const splitter = new RecordSplitter(end, quoted, 50);
        const rest = [...splitter.split(Buffer.from(text).subarray(end.offset)), ...splitter.end()];
        expect(rest.map(({ line, bytes }) => ({ line, bytes: bytes.toString() }))).toEqual(
          all.slice(cut + 1).map(({ line, bytes }) => ({ line, bytes })),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

test("a record that is too long is skipped, with or without a line end after it", () => {
  const long = "x".repeat(200);
  expect(split(`a\n${long}\nb\n${long}`, 7)).toMatchObject([
    { line: 1, bytes: "a", end: { offset: 2, line: 2 } },
    { line: 2, fault: "too-long", end: { offset: 203, line: 3 } },
    { line: 3, bytes: "b", end: { offset: 205, line: 4 } },
    { line: 4, fault: "too-long", end: { offset: 405, line: 4 } },
  ]);
});

test("a quote left open beyond the longest record makes only its own line faulty", () => {
  expect(split(`a,"b\n${"x,y\n".repeat(20)}`, 7, { quoted: "," })).toHaveLength(21);
});
