import fc from "fast-check";
import { expect, test } from "vitest";
import { TaggedLines } from "../../../worker/task/tagged-lines.ts";

function lift(...chunks: (string | Buffer)[]): string[] {
  const tagged = new TaggedLines();
  for (const chunk of chunks) tagged.push(Buffer.from(chunk));
  tagged.endStream();
  return tagged.lines();
}

test.each([
  ["the first line", "PyAnamo:\tone\nrest", ["one"]],
  ["a line without an end", "a\nPyAnamo:\tone", ["one"]],
  ["lines of both marks, next to each other", "PyAnamo:\ta\nanamo:\tb\nPyAnamo:\tc\n", ["a", "b", "c"]],
  ["a line with nothing after its mark", "anamo:\t\nx", [""]],
  ["a Windows line ending", "anamo:\tone\r\nx", ["one"]],
  ["no mark within a line", "x PyAnamo:\tone\nxanamo:\ttwo\n", []],
  ["no mark without its tab", "PyAnamo: one\n", []],
])("collects %s", (_, output, expected) => {
  expect(lift(output)).toEqual(expected);
});

test("finds the same lines however the output is split into pieces", () => {
  const piece = fc.constantFrom("PyAnamo:\t", "anamo:\t", "\n", "a", "Py", "namo:\t", "…", "\r\n", "PyAnamo");
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat({ max: 12 })), (pieces, cuts) => {
      const output = Buffer.from(pieces.join(""));
      const expected = output
        .toString()
        .split("\n")
        .flatMap((line) => /^(?:PyAnamo|anamo):\t(.*?)\r?$/s.exec(line)?.[1] ?? []);
      const chunks: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(output.subarray(at, at + cut));
        at += cut;
      }
      fc.pre(expected.length <= 50);
      expect(lift(...chunks, output.subarray(at))).toEqual(expected);
    }),
  );
});

test("does not join the end of one stream and the start of the next", () => {
  const tagged = new TaggedLines();
  tagged.push(Buffer.from("anamo:\tout"));
  tagged.endStream();
  tagged.push(Buffer.from("anamo:\terr"));
  tagged.endStream();

  expect(tagged.lines()).toEqual(["out", "err"]);
});

test("keeps the first 50 lines and says how many more there were", () => {
  const lines = lift(Array.from({ length: 52 }, (_, i) => `anamo:\t${i}\n`).join(""));

  expect(lines).toHaveLength(51);
  expect(lines.slice(-2)).toEqual(["49", "(and 2 more lines)"]);
});

test("keeps the first 1,024 bytes and says how many more lines there were", () => {
  const line = `anamo:\t${"…".repeat(200)}\n`;

  expect(lift(line, line, "anamo:\tshort\n")).toEqual(["…".repeat(200), "(and 2 more lines)"]);
  expect(lift(`anamo:\t${"x".repeat(5_000)}\n`)).toEqual(["(and 1 more line)"]);
});
