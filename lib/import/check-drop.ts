import { stat } from "node:fs/promises";
import { systemCode, UsageError } from "../errors.ts";
import { idProblem, MAX_STEP_BYTES } from "../ids.ts";
import { parseDelimiters } from "../taskfile/delimiters.ts";
import type { DropOptions } from "./drop.ts";

/** The name of an option in error messages: `step` in the library, `--step` on the command line. */
export type Spelling = (option: "step" | "delimiter" | "nestedDelimiter") => string;

/** Checks that the file exists and the step and delimiters are valid. Throws a UsageError that says what is wrong. */
export async function checkDrop(
  file: string,
  options: DropOptions,
  spell: Spelling = (option) => option,
): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") throw new UsageError(`${file}: file not found`);
    throw new UsageError(`${file}: cannot be read (${systemCode(error) ?? String(error)})`, { cause: error });
  });
  if (!found.isFile()) throw new UsageError(`${file}: expected a file, found a folder or something else`);
  checkStep(options.step, spell("step"));
  parseDelimiters(options, spell);
}

function checkStep(step: string | undefined, name: string): void {
  const problem = step === undefined ? undefined : idProblem(step, MAX_STEP_BYTES);
  if (problem) throw new UsageError(`${name}: expected a name of 1 to ${MAX_STEP_BYTES} bytes, found ${problem}`);
  if (step === "." || step === "..") throw new UsageError(`${name}: a step cannot be called ${step}`);
  if (step?.includes("/"))
    throw new UsageError(`${name}: a step name cannot contain a /, because it becomes a folder name`);
}
