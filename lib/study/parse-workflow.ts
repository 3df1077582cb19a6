import { cycleText, stepCycle } from "../depend/cycle.ts";
import { MAX_STEP_BYTES } from "../ids.ts";
import { idFieldProblem } from "../taskfile/check-id.ts";
import { nearest } from "../taskfile/nearest.ts";
import { grouped, shown } from "../taskfile/problem.ts";
import { readStep, type StepReader } from "./read-step.ts";
import { type Mistake, mistakesError, type Named, type Study, type StudyStep } from "./study.ts";
import { inputMistakes } from "./study-inputs.ts";
import { unknownKeyText } from "./unknown-key.ts";
import type { YamlNode } from "./yaml-nodes.ts";

/** The largest workflow file: nobody writes a longer one by hand, and each import carries it along. */
const MAX_BYTES = 1024 * 1024;
const MAX_STEPS = 1_000;

const KEYS = ["sample", "steps"] as const;

const EXPECTED = 'expected a workflow file with "steps:", such as\nsteps:\n  align: { script: "align.sh {sample}" }';

/**
 * Reads a workflow file. `readFile` reads a file that it names, by its path from the workflow file. Throws an
 * UnusableFileError with all mistakes and their lines. Loads the YAML library on the first call.
 */
export async function parseWorkflow(
  text: string,
  { name, readFile }: { name: string; readFile: StepReader["readFile"] },
): Promise<Study> {
  if (text.length > MAX_BYTES) {
    throw mistakesError(name, [{ line: 1, text: "expected a workflow file of at most 1 MB, found a larger file" }]);
  }
  const { described, readYaml } = await import("./yaml-nodes.ts");
  const root = readYaml(text.replace(/^\ufeff/, ""), name);
  if (root.kind !== "map") throw mistakesError(name, [{ line: 1, text: `${EXPECTED}\nfound ${described(root)}` }]);
  const mistakes: Mistake[] = [];
  let sample: Named | undefined;
  let stepsNode: YamlNode | undefined;
  for (const { key, value } of root.entries) {
    if (key.text === "steps") stepsNode = value;
    else if (key.text !== "sample") mistakes.push({ line: key.line, text: unknownKeyText(key.text, KEYS, "file") });
    else if (value.kind === "text" && value.text.trim() !== "") sample = { text: value.text.trim(), line: value.line };
    else mistakes.push({ line: value.line, text: `sample: expected the name of a column, found ${described(value)}` });
  }
  if (stepsNode === undefined) {
    mistakes.push({ line: root.line, text: EXPECTED });
    throw mistakesError(name, mistakes);
  }
  if (stepsNode.kind !== "map" || stepsNode.entries.length === 0) {
    const found = stepsNode.kind === "map" ? "none" : described(stepsNode);
    mistakes.push({ line: stepsNode.line, text: `steps: expected the names of steps with colons, found ${found}` });
    throw mistakesError(name, mistakes);
  }
  const { length } = stepsNode.entries;
  if (length > MAX_STEPS) {
    const text = `steps: expected at most ${grouped(MAX_STEPS)}, found ${grouped(length)}; samples belong in a sample sheet`;
    throw mistakesError(name, [{ line: stepsNode.line, text }]);
  }
  const steps: StudyStep[] = [];
  for (const { key, value } of stepsNode.entries) {
    const problem = idFieldProblem("step", key.text, MAX_STEP_BYTES);
    if (problem) {
      mistakes.push({ line: key.line, text: `step: expected ${problem.expected}, found ${problem.found}` });
      continue;
    }
    const step = await readStep(key, value, { mistakes, readFile, described });
    if (step) steps.push(step);
  }
  const names = stepsNode.entries.map(({ key }) => key.text);
  mistakes.push(...dependencyMistakes(steps, names), ...inputMistakes(steps));
  if (mistakes.length > 0) throw mistakesError(name, mistakes);
  return { version: 1, name, ...(sample && { sample }), steps };
}

function dependencyMistakes(steps: readonly StudyStep[], names: readonly string[]): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const { name, after = [], afterAll = [] } of steps) {
    for (const { text, line } of [...after, ...afterAll]) {
      if (text === name) mistakes.push({ line, text: `step ${name}: expected other steps, found its own` });
      else if (!names.includes(text)) {
        const close = nearest(text, names);
        const help = close === undefined ? `the steps are ${names.join(", ")}` : `did you mean ${close}?`;
        mistakes.push({ line, text: `step ${name}: unknown step ${shown(text)}; ${help}` });
      }
    }
  }
  if (mistakes.length > 0) return mistakes;
  const texts = (list: readonly Named[] = []) => list.map(({ text }) => text);
  const links = new Map(
    steps.map(({ name, after, afterAll }) => [
      name,
      { after: texts(after), afterAll: texts(afterAll), afterItems: false },
    ]),
  );
  for (const { name, line } of steps) {
    const cycle = stepCycle(links, name);
    if (!cycle) continue;
    return [{ line, text: `these steps wait for each other in a circle: ${cycleText(cycle)}; take one of these out` }];
  }
  return [];
}
