import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { askForName } from "../../cli/ask/ask-name.ts";
import { UsageError } from "../../lib/errors.ts";

function terminal() {
  return { input: Object.assign(new PassThrough(), { isTTY: true }), output: new PassThrough() };
}

test.for([
  ["cohort1\n", true],
  ["  cohort1 \r\n", true],
  ["y\n", false],
  ["cohort2\n", false],
  ["\n", false],
])("typing %j is agreement: %j", async ([typed, expected]) => {
  const { input, output } = terminal();
  const answer = askForName("Table cohort1 will be gone.", "cohort1", { input, output });
  input.write(typed);
  expect(await answer).toBe(expected);
  expect(String(output.read())).toContain("Table cohort1 will be gone.");
});

test("ending the input is not agreement", async () => {
  const { input, output } = terminal();
  const answer = askForName("Gone.", "cohort1", { input, output });
  input.end();
  expect(await answer).toBe(false);
});

test("without a terminal it is a usage error", async () => {
  const { output } = terminal();
  await expect(askForName("Gone.", "cohort1", { input: new PassThrough(), output })).rejects.toThrow(UsageError);
});
