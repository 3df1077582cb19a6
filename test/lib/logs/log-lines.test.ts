import { expect, test } from "vitest";
import { lastLines, linesOf } from "../../../lib/logs/log-lines.ts";
import { pieces } from "../../support/task-files.ts";

test.for([1, 2, 3, 100])("lines come out the same in pieces of %i bytes", async (size) => {
  const lines = await Array.fromAsync(linesOf(pieces("é one\r\n\ntwo\r\n  three", size)));
  expect(lines).toEqual(["é one", "", "two", "  three"]);
});

test("nothing has no lines, one line end has one empty line", async () => {
  expect(await Array.fromAsync(linesOf([]))).toEqual([]);
  expect(await Array.fromAsync(linesOf(pieces("\n")))).toEqual([""]);
});

test("a line without an end does not pile up: it comes in pieces", async () => {
  expect(await Array.fromAsync(linesOf(pieces("abcdefghij\nk", 3), 4))).toEqual(["abcd", "efgh", "ij", "k"]);
});

test("wrong UTF-8 shows as such and stops nothing", async () => {
  expect(await Array.fromAsync(linesOf([Buffer.from([0x61, 0xff, 0x0a, 0xc3])]))).toEqual(["a\ufffd", "\ufffd"]);
});

test.for([
  [0, []],
  [2, ["4", "5"]],
  [5, ["1", "2", "3", "4", "5"]],
  [9, ["1", "2", "3", "4", "5"]],
] as const)("the last %i lines are the last ones in order", async ([count, expected]) => {
  expect(await lastLines(linesOf(pieces("1\n2\n3\n4\n5\n")), count)).toEqual(expected);
});
