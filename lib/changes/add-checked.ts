import { randomBytes } from "node:crypto";
import { CannotWaitError } from "../depend/register.ts";
import { UsageError } from "../errors.ts";
import type { Table } from "../table.ts";
import { checkRow } from "../taskfile/check-row.ts";
import { parseDelimiter } from "../taskfile/delimiters.ts";
import { openQuoteProblem } from "../taskfile/open-quote.ts";
import type { Problem } from "../taskfile/problem.ts";
import type { Fields } from "../taskfile/read-row.ts";
import type { AddResult, OnDuplicate } from "./add.ts";
import { addMember } from "./add-member.ts";

/** The result of adding one item. */
export interface AddedItem {
  itemID: string;
  taskID: string;
  step: string;
  /** nested tasks; a plain item counts as one */
  tasks: number;
  /**
   * `reset`: the item existed and starts over; `changed`: it was waiting, and now waits with the given fields;
   * `exists`: left alone; `locked`: could not be changed because a worker has it
   */
  outcome: AddResult["outcome"];
  /** only if the item exists: whether its script differs from the given one */
  different?: boolean;
}

/** Thrown for an item that cannot be added; lists everything that is wrong with its fields. */
export class ItemProblemsError extends UsageError {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => sentence(problem.field, problem)).join("\n"));
    this.problems = problems;
  }
}

/** `<name>: expected <expected>, found <found>; <hint>`. */
export function sentence(name: string, { expected, found, hint }: Problem): string {
  return `${name}: expected ${expected}, found ${found}${hint ? `; ${hint}` : ""}`;
}

/**
 * Adds one item, given as the columns of a task file, with the same checks as a row of such a file. `args`: the
 * arguments, if the scripts were made from some.
 */
export async function addChecked(
  table: Table,
  fields: Fields,
  options: { nestedDelimiter?: string; onDuplicate?: OnDuplicate; args?: readonly string[] } = {},
): Promise<AddedItem> {
  const nestedDelimiter = parseDelimiter("nested-delimiter", options.nestedDelimiter ?? ",");
  const { item, problems } = checkRow(fields, nestedDelimiter, "default");
  if (!item) throw new ItemProblemsError(problems);
  const open = openQuoteProblem(fields);
  if (open) throw new ItemProblemsError([open]);
  // a unique source, to recognize our own write if its reply is lost
  const source = `add-${randomBytes(6).toString("base64url")}:1`;
  const { args = item.args } = options;
  const result = await addMember(table, { ...item, source, ...(args && { args }) }, options.onDuplicate).catch(
    (error: unknown) => {
      if (!(error instanceof CannotWaitError)) throw error;
      const { expected, found, hint } = error;
      throw new ItemProblemsError([{ field: "item", expected, found, hint }]);
    },
  );
  const isOurs = "item" in result && result.item.source === source;
  return {
    itemID: item.itemId,
    taskID: item.taskId,
    step: item.step,
    tasks: item.scripts?.length ?? 1,
    outcome: isOurs ? "added" : result.outcome,
    ...(result.outcome === "exists" && !isOurs && { different: result.different }),
  };
}
