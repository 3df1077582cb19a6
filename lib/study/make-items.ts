import { MAX_NAMES } from "../taskfile/check-dependencies.ts";
import { type Problem, shown } from "../taskfile/problem.ts";
import type { Fields } from "../taskfile/read-row.ts";
import { splitArgs } from "../taskfile/split-args.ts";
import type { PlannedStep, StudyPlan } from "./bind.ts";
import { fillScript } from "./fill-script.ts";
import type { SheetRow } from "./read-sheet.ts";
import type { Named } from "./study.ts";
import { fillInput } from "./study-inputs.ts";
import { holds } from "./when.ts";

/** An item that a sheet describes, with the fields of a row in a task file. */
export interface MadeItem {
  step: string;
  itemID: string;
  /** the rows that it is made from; all rows, for an item for the whole sheet */
  rows: readonly SheetRow[];
  /** it belongs to one sample */
  isOfSample: boolean;
  fields: Fields;
  /** why it cannot be made as it is */
  problem?: Problem;
}

/** The TaskID of items that belong to no sample or group. */
const ALL = "all";

interface Made extends MadeItem {
  planned: PlannedStep;
}

/** The items of all usable rows: steps in workflow order, and within a step samples as in the sheet. */
export function makeItems(plan: StudyPlan, rows: readonly SheetRow[], nestedDelimiter: string): MadeItem[] {
  const maker = new ItemMaker(plan, rows, nestedDelimiter);
  return plan.steps.flatMap((planned) => maker.make(planned));
}

class ItemMaker {
  readonly #plan: StudyPlan;
  readonly #rows: readonly SheetRow[];
  readonly #nestedDelimiter: string;
  readonly #columnAt: ReadonlyMap<string, number>;
  /** by step: the item that each row belongs to */
  readonly #itemOf = new Map<string, Map<SheetRow, Made>>();
  readonly #ids = new Map<string, Made>();

  constructor(plan: StudyPlan, rows: readonly SheetRow[], nestedDelimiter: string) {
    this.#plan = plan;
    this.#rows = rows;
    this.#nestedDelimiter = nestedDelimiter;
    this.#columnAt = new Map(plan.columns.map((column, index) => [column, index]));
  }

  make(planned: PlannedStep): MadeItem[] {
    const { step, by, when } = planned;
    const itemOf = new Map<SheetRow, Made>();
    this.#itemOf.set(step.name, itemOf);
    const valueIn = (row: SheetRow) => (column: string) => this.#value(row, column);
    const rows = this.#rows.filter((row) => (!when || holds(when, valueIn(row))) && this.#hasPredecessor(planned, row));
    const groups = Map.groupBy(rows, (row) => JSON.stringify(by.map((column) => this.#value(row, column))));
    return [...groups.values()].map((own) => {
      const made = this.#item(planned, own);
      for (const row of own) itemOf.set(row, made);
      return made;
    });
  }

  /** A step also leaves a sample out if all its predecessors leave it out (`when`). */
  #hasPredecessor({ step: { after = [] } }: PlannedStep, row: SheetRow): boolean {
    return after.length === 0 || after.some(({ text }) => this.#itemOf.get(text)?.has(row));
  }

  #item(planned: PlannedStep, rows: readonly SheetRow[]): Made {
    const { step, by } = planned;
    const [first] = rows as [SheetRow];
    const values = by.map((column) => this.#value(first, column));
    const itemID = [step.name, ...values].join("-");
    const isOfSample = by.includes(this.#plan.sampleColumn);
    const taskID = isOfSample ? this.#value(first, this.#plan.sampleColumn) : values.join("-") || ALL;
    const made: Made = { step: step.name, itemID, rows, isOfSample, fields: {}, planned };
    const problem = this.#emptyGroup(planned, values) ?? this.#sameId(made) ?? this.#fill(made, taskID);
    if (problem) made.problem = problem;
    this.#ids.set(itemID, made);
    return made;
  }

  #emptyGroup({ step, by }: PlannedStep, values: readonly string[]): Problem | undefined {
    const column = by[values.indexOf("")];
    if (column === undefined) return undefined;
    return { field: column, expected: `a value, as step ${step.name} makes an item of each`, found: "nothing" };
  }

  #sameId(made: Made): Problem | undefined {
    const other = this.#ids.get(made.itemID);
    if (!other) return undefined;
    const where = other.step === made.step ? `line ${other.rows[0]?.line}` : `step ${other.step}`;
    const found = `${shown(made.itemID)}, also from ${where}`;
    const hint = "itemIDs are the step and the values with hyphens between them: rename the step or the sample";
    return { field: "itemID", expected: "one that no other item has", found, hint };
  }

  #fill(made: Made, taskID: string): Problem | undefined {
    const { planned, itemID, rows } = made;
    const { step } = planned;
    const args = step.args;
    const argValues = args && ("values" in args ? args.values : this.#argsIn(rows, args.column.text));
    const script = fillScript(
      planned.script,
      (column) => this.#values(rows, column),
      (column, values) => this.#fewProblem(made, column, values),
    );
    if (typeof script !== "string") return script;
    if (argValues) {
      const unclear = planned.script.columns.find((c) => this.#values(rows, c).some((v) => /\{\}|TASK_ARG/.test(v)));
      if (unclear !== undefined) {
        const found = shown(this.#values(rows, unclear).join(" "));
        return { field: unclear, expected: "a value without {} and TASK_ARG, which stand for an argument", found };
      }
      if (argValues.length === 0 && args && "column" in args) {
        const expected = `at least one argument for step ${step.name}`;
        return { field: args.column.text, expected, found: "nothing" };
      }
    }
    const waits = this.#dependencies(planned, rows);
    if ("field" in waits) return waits;
    const gets = this.#inputs(made, step.inputs);
    if (gets && "field" in gets) return gets;
    made.fields = {
      itemID,
      TaskID: taskID,
      Step: step.name,
      TaskScript: script,
      ...(argValues && { TaskArgs: argValues }),
      ...step.settings,
      ...waits,
      ...(gets && gets.length > 0 && { Inputs: gets }),
    };
    return undefined;
  }

  #argsIn(rows: readonly SheetRow[], column: string): string[] {
    const lists = this.#values(rows, column).map((value) => splitArgs(value, this.#nestedDelimiter).values);
    return [...new Set(lists.flat())];
  }

  #fewProblem({ step, rows, isOfSample }: Made, column: string, values: readonly string[]): Problem {
    const { sampleColumn } = this.#plan;
    const [first] = rows as [SheetRow];
    const of = isOfSample ? `sample ${shown(this.#value(first, sampleColumn))}` : `an item`;
    const lines = rows.slice(0, 3).map(({ line }) => line);
    const where = `${values.slice(0, 3).map(shown).join(", ")} on lines ${lines.join(", ")}${rows.length > 3 ? " …" : ""}`;
    const hint = `write {${column}*} for all of them, or  group: [${sampleColumn}, ${column}]  for an item of each`;
    return { field: column, expected: `one value for ${of} in step ${step}`, found: where, hint };
  }

  #dependencies({ step, by }: PlannedStep, rows: readonly SheetRow[]): Fields | Problem {
    const after: string[] = [];
    const items = new Set(step.afterItems);
    for (const { text } of step.after ?? []) {
      const before = this.#plan.steps.find((other) => other.step.name === text);
      if (!before) continue;
      const own = this.#itemOf.get(text);
      const found = rows.flatMap((row) => own?.get(row)?.itemID ?? []);
      if (found.length === 0) continue;
      if (this.#isSameTask(by, before.by)) after.push(text);
      else for (const id of found) items.add(id);
    }
    if (items.size > MAX_NAMES) {
      const found = `${items.size} items of ${step.after?.map(({ text }) => text).join(", ")}`;
      const hint = "wait for the whole step instead: afterAll";
      return { field: "row", expected: `a group that waits for at most ${MAX_NAMES} items`, found, hint };
    }
    return {
      ...(after.length > 0 && { After: after }),
      ...(step.afterAll && { AfterAll: step.afterAll.map(({ text }) => text) }),
      ...(items.size > 0 && { AfterItems: [...items] }),
      ...(step.allowFailed !== undefined && { AllowFailed: step.allowFailed }),
    };
  }

  /** Without steps that have no item for these rows (`when`), because there is nothing to wait for. */
  #inputs(made: Made, inputs: readonly Named[] | undefined): string[] | Problem | undefined {
    const { planned, rows } = made;
    const isThere = (step: string) => rows.some((row) => this.#itemOf.get(step)?.has(row));
    const left = new Set((planned.step.after ?? []).flatMap(({ text }) => (isThere(text) ? [] : [text])));
    for (const { text } of planned.step.afterAll ?? []) left.delete(text);
    const filled: string[] = [];
    for (const { text } of inputs ?? []) {
      if (left.has(text)) continue;
      const found = fillInput(
        text,
        this.#plan.columns,
        (column) => this.#values(rows, column),
        (column, values) => this.#fewProblem(made, column, values),
      );
      if ("field" in found) return found;
      filled.push(...found);
    }
    return inputs && filled;
  }

  /**
   * Whether items of two steps that belong together have the same TaskID, so that items added later are also waited
   * for.
   */
  #isSameTask(by: readonly string[], before: readonly string[]): boolean {
    const { sampleColumn } = this.#plan;
    const isAlone = by.length === 1 || before.length === 1;
    if (by.includes(sampleColumn) && before.includes(sampleColumn)) return isAlone;
    return by.length === 1 && before.length === 1 && by[0] === before[0];
  }

  #values(rows: readonly SheetRow[], column: string): string[] {
    return [...new Set(rows.map((row) => this.#value(row, column)))];
  }

  #value({ values }: SheetRow, column: string): string {
    return values[this.#columnAt.get(column) ?? -1] ?? "";
  }
}
