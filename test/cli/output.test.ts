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

/** Live text on a screen of this size, and what is written to it. */
function liveOn(columns: number, rows: number): { live: LiveText; written: string[] } {
  const written: string[] = [];
  const out = { columns, rows, write: (text: string) => written.push(text) };
  return { live: new LiveText(out as unknown as NodeJS.WriteStream), written };
}

describe("live text", () => {
  test("is written over, and cut to the screen", () => {
    const { live, written } = liveOn(5, 4);
    live.show("1234567\nb\nc\nd");
    live.show("x");
    live.show("y");
    expect(written).toEqual(["12345\nb\nc\n", "\x1b[3A\x1b[0Jx\n", "\x1b[1A\x1b[0Jy\n"]);
  });

  test.each([
    ["Chinese, of two columns each", "样".repeat(30), "样".repeat(20)],
    ["Chinese, where half a character would fit", `x${"样".repeat(30)}`, `x${"样".repeat(19)}`],
    ["emoji of several code points", "👩‍🔬".repeat(30), "👩‍🔬".repeat(20)],
    ["flags", "🇩🇪".repeat(30), "🇩🇪".repeat(20)],
    ["combining accents, of no column", "e\u0301".repeat(50), "e\u0301".repeat(40)],
    ["a line that fits", "样".repeat(20), "样".repeat(20)],
  ])("is cut by columns, so that no line wraps and stays behind: %s", (_, line, expected) => {
    const { live, written } = liveOn(40, 24);
    live.show(`${line}\n${line}`);
    live.show("y");
    expect(written).toEqual([`${expected}\n${expected}\n`, "\x1b[2A\x1b[0Jy\n"]);
  });
});
