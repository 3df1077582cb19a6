import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { askYes } from "../../cli/ask/ask-yes.ts";

test.each([
  ["y\n", true],
  [" Yes \n", true],
  ["n\n", false],
  ["\n", false],
  ["yesterday\n", false],
  ["", false],
])("typing %j is agreement: %s", async (typed, isYes) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(typed);
  expect(await askYes("Go on?", { input, output })).toBe(isYes);
  output.end();
  expect(await text(output)).toContain("Go on? [y/N] ");
});
