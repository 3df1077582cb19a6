import { expect, test } from "vitest";
import { repeatedName } from "../../../lib/taskfile/json-names.ts";
import { readAll } from "../../support/task-files.ts";

const found = (text: string) => repeatedName(text, Object.keys(JSON.parse(text)));

test("a name that an object has twice is found, however it is written", () => {
  expect(found('{"a":1,"b":2,"a":3}')).toBe("a");
  expect(found('{"a":1, "\\u0061" : 3}')).toBe("a");
  expect(found('{"a\\"":1,"b":["x"],"a\\"":3}')).toBe('a"');
});

test("names in values and in lists are not names of the object", () => {
  expect(found('{"a":"\\"a\\": 1","b":["a","b"],"c":{"a":1}}')).toBeUndefined();
  expect(found(`{"a":"${'\\"a\\" '.repeat(500_000)}"}`)).toBeUndefined();
});

test("a row of JSON Lines that names a column twice is rejected, as JSON would drop the first value", async () => {
  const { items, messages } = await readAll('{"itemID":"a","itemID":"b","TaskID":"s","TaskScript":"x"}\n');
  expect(items).toEqual([]);
  expect(messages).toEqual(["line 1: itemID: expected each name once, found it twice"]);
});

test("half a character in a script or an argument is rejected, as it cannot be stored", async () => {
  const rows = ['"TaskScript":"echo \\ud800"', '"TaskScript":"echo","TaskArgs":["ok","\\udc00"]'];
  const { items, messages } = await readAll(rows.map((row) => `{"itemID":"a","TaskID":"s",${row}}\n`).join(""));
  expect(items).toEqual([]);
  expect(messages).toEqual([
    'line 1: TaskScript: expected whole characters, found \\ud800 in "echo \ufffd", which is half of one',
    'line 2: TaskArgs: expected whole characters, found \\udc00 in "\ufffd", which is half of one',
  ]);
});
