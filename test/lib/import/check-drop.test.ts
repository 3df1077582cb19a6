import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../../../lib/errors.ts";
import { checkDrop } from "../../../lib/import/check-drop.ts";
import type { DropOptions } from "../../../lib/import/drop.ts";
import { testFolder } from "../../support/worker.ts";

async function aFile(): Promise<string> {
  const file = join(await testFolder(), "tasks.txt");
  await writeFile(file, "");
  return file;
}

test.for([
  [{ step: "a/b" }, "STEP: a step name cannot contain a /, because it becomes a folder name"],
  [{ step: ".." }, "STEP: a step cannot be called .."],
  [{ step: "" }, "STEP: expected a name of 1 to 64 bytes, found nothing"],
  [{ delimiter: "||" }, "DELIMITER: expected one of the words pipe, comma, tab, semicolon, or one punctuation mark"],
  [{ delimiter: "space" }, "DELIMITER: expected one of the words pipe, comma, tab, semicolon"],
  [{ nestedDelimiter: "and" }, "NESTEDDELIMITER: expected one of the words comma, semicolon, pipe, tab, space"],
  [
    { delimiter: "^", nestedDelimiter: "^" },
    "NESTEDDELIMITER: expected a character other than the delimiter of the file",
  ],
] as const satisfies [DropOptions, string][])(
  "%j is rejected with the caller's name for the option",
  async ([options, message]) => {
    const checked = checkDrop(await aFile(), options, (name) => name.toUpperCase());
    await expect(checked).rejects.toThrow(UsageError);
    await expect(checked).rejects.toThrow(message);
  },
);

test("valid options and a readable file are accepted, a folder or an unreadable path is not", async () => {
  const file = await aFile();
  await checkDrop(file, { step: "align", onDuplicate: "reset", delimiter: "tab", nestedDelimiter: "space" });
  await checkDrop(file, { delimiter: ",", nestedDelimiter: "comma" });
  await expect(checkDrop(join(file, "deeper"), {})).rejects.toThrow("cannot be read (ENOTDIR)");
  await expect(checkDrop(await testFolder(), {})).rejects.toThrow("expected a file, found a folder");
});
