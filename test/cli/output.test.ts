import { describe, expect, test } from "vitest";
import { cell, printable } from "../../cli/output/cell.ts";
import { csvLine } from "../../cli/output/csv.ts";
import { LiveText } from "../../cli/output/live.ts";

describe("CSV", () => {
  test.for([
    ["plain", "plain"],
    ['say "a", b', '"say ""a"", b"'],
    ["two\nlines", '"two\nlines"'],
    [" padded ", '" padded "'],
    ["=1+2", "'=1+2"],
    ["@cmd", "'@cmd"],
    ["-x", "'-x"],
    ['+"a"', '"\'+""a"""'],
    ["\tx", "'\tx"],
    [-3, "-3"],
    [undefined, ""],
    [{ a: 1 }, '"{""a"":1}"'],
  ] as const)("%j becomes %j", ([value, field]) => {
    expect(csvLine(["id", value, 1])).toBe(`id,${field},1\n`);
  });
});

describe("cells", () => {
  test("are on one line, with control characters escaped", () => {
    expect(cell("a\nb\x1b[31m\u202e")).toBe("a\\nb\\u{1b}[31m\\u{202e}");
    expect(printable("👩‍🔬 é")).toBe("👩‍🔬 é");
    expect(cell(undefined)).toBe("");
    expect(cell(["a"])).toBe('["a"]');
  });

  test("are cut between characters if they are long", () => {
    expect(cell("x".repeat(100))).toBe(`${"x".repeat(59)}…`);
    expect(cell("🧬".repeat(100), 3)).toBe("🧬🧬…");
  });
});

test("live text is written over, and cut to the screen", () => {
  const written: string[] = [];
  const out = { columns: 5, rows: 4, write: (text: string) => written.push(text) };
  const live = new LiveText(out as unknown as NodeJS.WriteStream);
  live.show("1234567\nb\nc\nd");
  live.show("x");
  live.show("y");
  expect(written).toEqual(["12345\nb\nc\n", "\x1b[3A\x1b[0Jx\n", "\x1b[1A\x1b[0Jy\n"]);
});
