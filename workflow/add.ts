import type { OnDuplicate } from "../lib/changes/add.ts";
import { type AddedItem, addChecked, ItemProblemsError } from "../lib/changes/add-checked.ts";
import { UsageError } from "../lib/errors.ts";
import type { SettingsCache } from "../lib/store/settings-cache.ts";
import type { Table } from "../lib/table.ts";
import type { Column } from "../lib/taskfile/columns.ts";
import type { Fields } from "../lib/taskfile/read-row.ts";

/** An item to be added: a plain one, or with `args` or `scripts` a nested one. */
export type ItemToAdd = {
  itemID: string;
  /** the sample */
  taskID: string;
  /** `default` unless told */
  step?: string;
  /** 0 to 9, higher first; 5 unless told */
  priority?: number;
  maxAttempts?: number;
  /** longest run of one task */
  timeoutSeconds?: number;
  /** how long a worker may be silent before it loses the item */
  leaseSeconds?: number;
} & (
  | {
      script: string;
      /** one task for each, put behind the script; as a text, parted by `nestedDelimiter` */
      args?: string | readonly (string | number)[];
      scripts?: undefined;
    }
  | {
      /** one task for each */
      scripts: readonly string[];
      script?: undefined;
      args?: undefined;
    }
);

export interface AddOptions {
  /** what to do if the itemID is there already: leave it alone unless told */
  onDuplicate?: OnDuplicate;
  /** what parts `args`; a comma unless told */
  nestedDelimiter?: string;
}

/** Which option says what a column of a task file says. */
const OPTIONS: Partial<Record<Column, keyof ItemToAdd>> = {
  TaskID: "taskID",
  TaskScript: "script",
  TaskArgs: "args",
  TaskScripts: "scripts",
  Step: "step",
  Priority: "priority",
  MaxAttempts: "maxAttempts",
  TimeoutSeconds: "timeoutSeconds",
  LeaseSeconds: "leaseSeconds",
};

/** Adds one item through the checks that a row of a task file goes through. */
export async function addOne(
  { table }: { table: Table; settings: SettingsCache },
  item: ItemToAdd,
  options: AddOptions,
): Promise<AddedItem> {
  // an empty list that was worked out somewhere would else make a plain item
  if (Array.isArray(item.args) && item.args.length === 0) {
    throw new UsageError("args: expected one argument or more, found none");
  }
  return addChecked(table, fieldsOf(item), options).catch(inOptions);
}

function fieldsOf(item: ItemToAdd): Fields {
  const fields: Fields = { itemID: item.itemID };
  for (const [column, option] of Object.entries(OPTIONS) as [Column, keyof ItemToAdd][]) {
    const value = item[option];
    if (value !== undefined) fields[column] = typeof value === "object" ? value.map(String) : String(value);
  }
  return fields;
}

/** Says what is wrong in the words of the options. */
function inOptions(error: unknown): never {
  if (!(error instanceof ItemProblemsError)) throw error;
  throw new ItemProblemsError(
    error.problems.map((problem) => ({ ...problem, field: OPTIONS[problem.field as Column] ?? problem.field })),
  );
}
