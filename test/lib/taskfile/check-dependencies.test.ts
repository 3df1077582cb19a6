import { expect, test } from "vitest";
import { checkRow } from "../../../lib/taskfile/check-row.ts";
import type { Fields } from "../../../lib/taskfile/read-row.ts";

const row = (fields: Fields) => checkRow({ itemID: "i", TaskID: "s", TaskScript: "true", ...fields }, ",", "call");

test("what an item waits for is read from its columns, separated like arguments", () => {
  const { item } = row({ After: " align, qc ", AfterAll: ["refs"], AfterItems: "a,b,a", AllowFailed: " 2% " });
  expect(item).toMatchObject({ after: ["align", "qc"], afterAll: ["refs"], afterItems: ["a", "b"], allowFailed: "2%" });
  expect(row({ After: " ", AfterAll: "", AllowFailed: "" }).item).toEqual({
    itemId: "i",
    taskId: "s",
    step: "call",
    script: "true",
  });
});

test.each<[string, Fields, string]>([
  ["an empty name", { After: "align,,qc" }, "After: text of 1 to 64 bytes, found nothing"],
  ["a control character", { AfterItems: "a\u0007" }, "AfterItems: printable text, found the character U+0007"],
  ["its own step", { AfterAll: "qc,call" }, 'AfterAll: other steps, found its own step, "call"'],
  ["itself", { AfterItems: "i" }, 'AfterItems: other items, found the item itself, "i"'],
  [
    "a share of more than all",
    { AfterAll: "qc", AllowFailed: "120%" },
    'AllowFailed: a number of items such as 3, or a share of them such as 2%, found "120%"',
  ],
  [
    "words",
    { AfterAll: "qc", AllowFailed: "some" },
    'AllowFailed: a number of items such as 3, or a share of them such as 2%, found "some"',
  ],
  ["AllowFailed alone", { After: "qc", AllowFailed: "1" }, 'AllowFailed: nothing without AfterAll, found "1"'],
  [
    "too many names",
    { AfterItems: Array.from({ length: 101 }, (_, n) => `x${n}`) },
    "AfterItems: at most 100 names, found 101",
  ],
])("a row is rejected for %s", (_, fields, expected) => {
  expect(row(fields).problems?.map((one) => `${one.field}: ${one.expected}, found ${one.found}`)).toEqual([expected]);
});
