import { expect, test } from "vitest";
import { lastLines, linesOf } from "../../../lib/logs/log-lines.ts";
import { pieces } from "../../support/task-files.ts";

test.for([1, 2, 3, 100])("lines are the same when read in pieces of %i bytes", async (size) => {
  const lines = await Array.fromAsync(linesOf(pieces("é one\r\n\ntwo\r\n  three", size)));
  expect(lines).toEqual(["é one", "", "two", "  three"]);
});

test("no output has no lines, a single line end has one empty line", async () => {
  expect(await Array.fromAsync(linesOf([]))).toEqual([]);
  expect(await Array.fromAsync(linesOf(pieces("\n")))).toEqual([""]);
});

test("a line without an end comes in pieces instead of filling the memory", async () => {
  expect(await Array.fromAsync(linesOf(pieces("abcdefghij\nk", 3), 4))).toEqual(["abcd", "efgh", "ij", "k"]);
});

test("invalid UTF-8 becomes a replacement character and stops nothing", async () => {
  expect(await Array.fromAsync(linesOf([Buffer.from([0x61, 0xff, 0x0a, 0xc3])]))).toEqual(["a\ufffd", "\ufffd"]);
});

test.for([
  [0, []],
  [2, ["4", "5"]],
  [5, ["1", "2", "3", "4", "5"]],
  [9, ["1", "2", "3", "4", "5"]],
] as const)("gives the last %i lines in order", async ([count, expected]) => {
  expect(await lastLines(linesOf(pieces("1\n2\n3\n4\n5\n")), count)).toEqual(expected);
});
