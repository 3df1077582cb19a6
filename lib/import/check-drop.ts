import { UsageError } from "../errors.ts";
import { idProblem, MAX_ID_BYTES, MAX_STEP_BYTES } from "../ids.ts";
import { checkInput } from "../input.ts";
import { parseHints } from "../taskfile/format.ts";
import type { DropOptions } from "./drop.ts";

/** The name of an option in error messages: `step` in the library, `--step` on the command line. */
export type Spelling = (
  option: "step" | "delimiter" | "nestedDelimiter" | "commands" | "name" | "onChanged" | "onDuplicate",
) => string;

/** Checks that the file exists and the options are valid. Throws a UsageError that says what is wrong. */
export async function checkDrop(
  file: string,
  options: DropOptions,
  spell: Spelling = (option) => option,
): Promise<void> {
  await checkInput(file);
  checkStep(options.step, spell("step"));
  checkName(options.name, spell("name"));
  parseHints(options, spell);
  if (options.onChanged !== undefined && options.onDuplicate !== undefined) {
    throw new UsageError(`${spell("onChanged")}: expected it or ${spell("onDuplicate")}, found both`);
  }
}

function checkStep(step: string | undefined, name: string): void {
  const problem = step === undefined ? undefined : idProblem(step, MAX_STEP_BYTES);
  if (problem) throw new UsageError(`${name}: expected a name of 1 to ${MAX_STEP_BYTES} bytes, found ${problem}`);
  if (step === "." || step === "..") throw new UsageError(`${name}: a step cannot be called ${step}`);
  if (step?.includes("/"))
    throw new UsageError(`${name}: a step name cannot contain a /, because it becomes a folder name`);
}

function checkName(listName: string | undefined, name: string): void {
  const problem = listName === undefined ? undefined : idProblem(listName, MAX_ID_BYTES);
  if (problem) throw new UsageError(`${name}: expected a name of 1 to ${MAX_ID_BYTES} bytes, found ${problem}`);
  if (listName?.includes("/")) {
    throw new UsageError(`${name}: expected a name without a /, found ${listName}`);
  }
  if (listName === "." || listName === "..")
    throw new UsageError(`${name}: expected the name of a list, found ${listName}`);
}
