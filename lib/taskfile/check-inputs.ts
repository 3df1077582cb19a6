import { escapePathPart, idProblem, trimId } from "../ids.ts";
import type { Dependencies } from "../items/dependencies.ts";
import { type Handover, INPUTS, inputPlace } from "../items/handover.ts";
import { nearest } from "./nearest.ts";
import { type Problem, shown } from "./problem.ts";
import type { Fields } from "./read-row.ts";

/** Maximum number of inputs of one row: they are on the item's row, and its writes are billed by size. */
const MAX_INPUTS = 100;
const MAX_INPUT_BYTES = 1_024;

/** What an item is handed before it starts, and everything wrong in the row's columns for it. */
export interface CheckedHandover {
  handover: Handover;
  problems: Problem[];
}

/**
 * Reads the inputs of a row's item. An input that is a step must be one that the item waits for; otherwise it might not
 * be done yet.
 */
export function checkInputs(fields: Fields, nestedDelimiter: string, waits: Dependencies): CheckedHandover {
  const handover: Handover = {};
  const problems: Problem[] = [];
  const inputs = [...new Set(namesOf(fields[INPUTS.column], nestedDelimiter))];
  const problem =
    inputs.length > MAX_INPUTS
      ? { field: INPUTS.column, expected: `at most ${MAX_INPUTS} inputs`, found: String(inputs.length) }
      : (inputs.map((input) => inputProblem(input, waits)).find(Boolean) ?? sameNameProblem(inputs, waits));
  if (problem) problems.push(problem);
  else if (inputs.length > 0) handover.inputs = inputs;
  return { handover, problems };
}

function namesOf(value: string | readonly string[] | undefined, nestedDelimiter: string): string[] {
  if (value === undefined || (typeof value === "string" && value.trim() === "")) return [];
  return (typeof value === "string" ? value.split(nestedDelimiter) : value).map(trimId);
}

function stepsOf({ after = [], afterAll = [] }: Dependencies): string[] {
  return [...after, ...afterAll];
}

function inputProblem(input: string, waits: Dependencies): Problem | undefined {
  const field = INPUTS.column;
  const found = idProblem(input, MAX_INPUT_BYTES);
  if (found !== undefined) return { field, expected: "steps, s3:// URIs or paths", found };
  const steps = stepsOf(waits);
  if (steps.includes(input)) return undefined;
  if (input.includes("/")) {
    const place = inputPlace(input);
    return typeof place === "string" ? { field, expected: place, found: shown(input) } : undefined;
  }
  // the step of an item that is named by id is unknown until that item is read
  if (waits.afterItems) return undefined;
  const close = nearest(input, steps);
  const hint =
    close === undefined
      ? `name the step in After or AfterAll too; a file in the pipeline folder is ./${input}`
      : `did you mean ${close}?`;
  return {
    field,
    expected: "a step of After or AfterAll, an s3:// URI, or a path with a / in it",
    found: shown(input),
    hint,
  };
}

function sameNameProblem(inputs: readonly string[], waits: Dependencies): Problem | undefined {
  const names = new Map<string, string>();
  for (const input of inputs) {
    const name = inputName(input, waits);
    const other = names.get(name);
    if (other !== undefined) {
      const expected = "inputs with different names in ./inputs/";
      return { field: INPUTS.column, expected, found: `${shown(other)} and ${shown(input)}` };
    }
    names.set(name, input);
  }
  return undefined;
}

function inputName(input: string, waits: Dependencies): string {
  if (stepsOf(waits).includes(input) || !input.includes("/")) return escapePathPart(input);
  const place = inputPlace(input);
  return typeof place === "string" ? input : place.name;
}
