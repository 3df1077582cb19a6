import fc from "fast-check";
import { expect, test } from "vitest";
import { findMistake } from "../../../lib/taskfile/json-mistake.ts";

test.for([
  ['{"itemID": "A" "TaskID": "S"}', 15, "a comma or }"],
  ['{"itemID": "A", }', 16, 'a name in quotes (")'],
  ["{itemID: 1}", 1, 'a name in quotes (")'],
  ['{"itemID" "A"}', 10, "a colon"],
  ['{"itemID": A}', 11, 'a value: text in quotes ("), a number or a list'],
  ['{"itemID": "A', 13, 'the closing quote (")'],
  ['{"itemID": "A"', 14, "a comma or }"],
  ['{"TaskArgs": ["1", "2"}', 22, "a comma or ]"],
  ['{"TaskArgs": ["1",]}', 18, 'a value: text in quotes ("), a number or a list'],
  ['{"TaskScript": "a\\d"}', 17, '\\\\ for a backslash, or \\n, \\t, \\"'],
  ['{"TaskScript": "a\tb"}', 17, "\\t, \\n or another escape for a control character"],
  ["{}{}", 2, "the end of the line"],
  ["", 0, 'a value: text in quotes ("), a number or a list'],
] as const)("the mistake in %s is found after %i characters", ([text, at, expected]) => {
  expect(findMistake(text)).toEqual({ at, expected });
});

test("it finds a mistake in exactly the texts that JSON.parse rejects", () => {
  const spoilt = fc
    .tuple(fc.json({ maxDepth: 4 }), fc.nat(60), fc.constantFrom("", ",", '"', "}", "]", " ", "1", "\\", "\n", "a"))
    .map(([json, at, put]) => json.slice(0, at) + put + json.slice(at + 1));
  fc.assert(
    fc.property(fc.oneof(fc.json(), spoilt, fc.string()), (text) => {
      expect(findMistake(text) === undefined).toBe(isJson(text));
    }),
    { numRuns: 3000 },
  );
});

test("deep nesting does not overflow the stack", () => {
  const deep = 100_000;
  expect(findMistake("[".repeat(deep) + "]".repeat(deep))).toBeUndefined();
  expect(findMistake("[".repeat(deep))).toMatchObject({ at: deep });
});

test("texts of several megabytes work", () => {
  const long = `${"a".repeat(2 ** 21)}${"\\n".repeat(2 ** 20)}`;
  expect(findMistake(`{"TaskScript": "${long}"}`)).toBeUndefined();
  expect(findMistake(`{"TaskScript": "${long}`)).toMatchObject({ at: 2 ** 22 + 16 });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
