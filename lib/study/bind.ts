import type { WorkflowOrder } from "../store/workflow-order.ts";
import { nameAt } from "../taskfile/brace-marks.ts";
import { trimText } from "../taskfile/split-args.ts";
import { scriptMistake } from "./check-script.ts";
import { planScript, type ScriptPlan } from "./fill-script.ts";
import { type SheetHeader, sampleColumnOf, unknownColumnText } from "./sheet-header.ts";
import { type Mistake, mistakesError, type Study, type StudyStep } from "./study.ts";
import { inputColumns } from "./study-inputs.ts";
import { type Condition, columnsOf, parseCondition } from "./when.ts";

/** A study for sheets with a known header, with its steps in workflow order. */
export interface StudyPlan {
  study: Study;
  columns: readonly string[];
  sampleColumn: string;
  steps: PlannedStep[];
}

/** A step whose columns exist. */
export interface PlannedStep {
  step: StudyStep;
  /** it makes one item for each combination of values of these columns; if empty, one item in total */
  by: readonly string[];
  script: ScriptPlan;
  when: Condition | undefined;
}

/** Checks a study against the header of a sheet. Throws an UnusableFileError with all mistakes and their lines. */
export function bindStudy(study: Study, header: SheetHeader): StudyPlan {
  const { columns } = header;
  const mistakes: Mistake[] = [];
  const { sample } = study;
  if (sample && !columns.includes(sample.text)) {
    throw mistakesError(study.name, [
      { line: sample.line, text: `sample: ${unknownColumnText(sample.text, columns)}` },
    ]);
  }
  const sampleColumn = sample?.text ?? sampleColumnOf(header);
  const onceSteps = new Set(study.steps.flatMap(({ name, once }) => (once ? [name] : [])));
  const planned = new Map<string, PlannedStep>();
  for (const step of study.steps) {
    const note = (line: number, text: string) => {
      if (text !== "") mistakes.push({ line, text: `step ${step.name}: ${text}` });
    };
    const { plan: script, mistakes: wrong } = planScript(step.script.text, columns);
    for (const text of wrong) note(step.script.line, text);
    if (wrong.length === 0) note(step.script.line, scriptMistake(step, script) ?? "");
    const when = step.when && (parseCondition(step.when.text) as Condition);
    const others = [
      ...(step.group ?? []),
      ...(step.args && "column" in step.args ? [step.args.column] : []),
      ...(when && step.when ? columnsOf(when).map((text) => ({ text, line: step.when?.line ?? step.line })) : []),
    ];
    const inputs = inputColumns(step.inputs ?? [], columns);
    for (const { line, text } of inputs.mistakes) note(line, text);
    for (const { text, line } of others) if (!columns.includes(text)) note(line, unknownColumnText(text, columns));
    for (const text of listMistakes(step, columns)) note(step.line, text);
    const by = groupingOf(step, { names: [...script.columns, ...others, ...inputs.names], sampleColumn, onceSteps });
    // a mistyped column is no reason to ask this as well
    if (typeof by === "string") note(step.line, wrong.length + inputs.mistakes.length > 0 ? "" : by);
    else planned.set(step.name, { step, by, script, when });
  }
  for (const { step, by } of planned.values()) {
    const [first] = step.after ?? [];
    if (by.length > 0 || !first) continue;
    const text = `step ${step.name}: it makes one item in all, so it waits for whole steps: write afterAll: ${first.text}`;
    mistakes.push({ line: first.line, text });
  }
  if (mistakes.length > 0) throw mistakesError(study.name, mistakes);
  return { study, columns, sampleColumn, steps: inOrder(planned) };
}

/** The order in which its steps are shown, and which of them make items of samples. */
export function orderOf({ steps, sampleColumn }: StudyPlan): WorkflowOrder {
  return new Map(steps.map(({ step, by }) => [step.name, { isOfSample: by.includes(sampleColumn) }]));
}

/** Columns in a list of arguments, where they are not filled in. */
function listMistakes({ args }: StudyStep, columns: readonly string[]): string[] {
  if (!args || !("values" in args)) return [];
  const found = args.values.find((value) =>
    [...value.matchAll(/\{/g)].some(({ index }) => nameAt(value, index, columns)?.isKnown),
  );
  if (found === undefined) return [];
  return [`args: columns are not filled in here: ${trimText(found)}; write args: {column: …} for a list in the sheet`];
}

/** The columns by whose values a step makes items; a text if that is ambiguous. */
function groupingOf(
  { once, group, after = [], afterAll = [], script }: StudyStep,
  {
    names,
    sampleColumn,
    onceSteps,
  }: { names: readonly unknown[]; sampleColumn: string; onceSteps: ReadonlySet<string> },
): readonly string[] | string {
  if (group) return [...new Set(group.map(({ text }) => text))];
  if (once && names.length > 0) return `once: expected a step without columns, as it makes one item in all`;
  if (once) return [];
  if (once === false || names.length > 0) return [sampleColumn];
  const seesItem = /\b(?:TASK_ID|ITEM_ID)\b/.test(script.text);
  if (afterAll.length > 0 && after.length === 0 && !seesItem) return [];
  if (seesItem && afterAll.length === 0) return [sampleColumn];
  // a single item could not wait for individual samples
  if (after.some(({ text }) => !onceSteps.has(text))) return [sampleColumn];
  return `it names no column: add  once: true  for one item in all, or  once: false  for one for each sample`;
}

/** Orders steps after those that they wait for, otherwise as in the file. There are no cycles. */
function inOrder(planned: ReadonlyMap<string, PlannedStep>): PlannedStep[] {
  const ordered = new Set<PlannedStep>();
  const visit = (one: PlannedStep): void => {
    if (ordered.has(one)) return;
    for (const { text } of [...(one.step.after ?? []), ...(one.step.afterAll ?? [])]) {
      const before = planned.get(text);
      if (before) visit(before);
    }
    ordered.add(one);
  };
  for (const one of planned.values()) visit(one);
  return [...ordered];
}
