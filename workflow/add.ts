import type { OnDuplicate } from "../lib/changes/add.ts";
import { type AddedItem, addChecked, ItemProblemsError } from "../lib/changes/add-checked.ts";
import { UsageError } from "../lib/errors.ts";
import { ALLOW_FAILED, DEPENDENCY_LISTS } from "../lib/items/dependencies.ts";
import { INPUTS } from "../lib/items/handover.ts";
import { type NamedSettings, SETTING_SPECS } from "../lib/items/item-settings.ts";
import { MAX_ARG_BYTES } from "../lib/items/new-item.ts";
import type { Column } from "../lib/taskfile/columns.ts";
import type { Fields } from "../lib/taskfile/read-row.ts";
import type { Clients } from "./clients.ts";
import { tellAct } from "./person-event.ts";
import type { Wording } from "./wording.ts";

/** Numbers, or numbers as text, as in a file or on a command line: both are checked the same way. */
type SettingsToAdd = { [Name in keyof NamedSettings]: NamedSettings[Name] | string };

/** What an item waits for; several names as a list, or as one string, separated by `nestedDelimiter`. */
interface NamedDependencies {
  /** steps: all their items of the same sample must be done */
  after?: string | readonly string[];
  /** steps: all their items must be done */
  afterAll?: string | readonly string[];
  /** itemIDs: these must be done */
  afterItems?: string | readonly string[];
  /** how many items of each step in `afterAll` may have failed: a number, or a share such as `2%` */
  allowFailed?: string | number;
  /** what its scripts find in `./inputs/`: steps that it waits for, `s3://` URIs and paths */
  inputs?: string | readonly string[];
}

/** An item to add: a plain one, or with `args` or `scripts` a nested one. */
export type ItemToAdd = SettingsToAdd &
  NamedDependencies & {
    itemID: string;
    /** the sample */
    taskID: string;
    /** default: `default` */
    step?: string;
  } & (
    | {
        script: string;
        /** one task per argument, which is appended to the script; a string is split at `nestedDelimiter` */
        args?: string | readonly (string | number)[];
        scripts?: undefined;
      }
    | {
        /** one task per script */
        scripts: readonly string[];
        script?: undefined;
        /** what each task sees as `TASK_ARG`, if its script was made with an argument; as many as there are scripts */
        args?: readonly string[];
      }
  );

export interface AddOptions {
  /** what to do if the itemID exists; default: leave that item alone */
  onDuplicate?: OnDuplicate;
  /** argument separator of `args`; default: a comma */
  nestedDelimiter?: string;
}

/** The option for each column of a task file. */
const OPTIONS: Partial<Record<Column, keyof ItemToAdd>> = {
  TaskID: "taskID",
  TaskScript: "script",
  TaskArgs: "args",
  TaskScripts: "scripts",
  Step: "step",
  ...Object.fromEntries(SETTING_SPECS.map(({ column, name }) => [column, name])),
  ...Object.fromEntries([...DEPENDENCY_LISTS, ALLOW_FAILED, INPUTS].map(({ column, field }) => [column, field])),
};

/** Adds one item, with the same checks as for a row of a task file. */
export async function addOne(
  { table, wording, tell }: Clients,
  item: ItemToAdd,
  options: AddOptions,
): Promise<AddedItem> {
  // a list that is computed may be empty, which would make a plain item
  if (Array.isArray(item.args) && item.args.length === 0) {
    throw new UsageError(`${wording.option("args")}: expected one argument or more, found none`);
  }
  const { scripts, args, ...rest } = item;
  if (scripts && args && args.length !== scripts.length) {
    const expected = `as many arguments as scripts: ${scripts.length}`;
    throw new UsageError(`${wording.option("args")}: expected ${expected}, found ${args.length}`);
  }
  const long = scripts && args?.findIndex((arg) => Buffer.byteLength(arg) > MAX_ARG_BYTES);
  if (long !== undefined && long >= 0) {
    const expected = `arguments of at most ${MAX_ARG_BYTES.toLocaleString("en-US")} bytes`;
    throw new UsageError(`${wording.option("args")}: expected ${expected}, found a longer one as argument ${long + 1}`);
  }
  const added = scripts
    ? addChecked(table, fieldsOf({ ...rest, scripts } as ItemToAdd), { ...options, ...(args && { args }) })
    : addChecked(table, fieldsOf(item), options);
  const found = await added.catch((error: unknown) => {
    throw error instanceof ItemProblemsError ? inOptions(error, wording) : error;
  });
  const { itemID: itemId, step, outcome } = found;
  if (outcome === "added" || outcome === "reset" || outcome === "changed")
    tellAct(tell, { kind: "item:added", itemId, step, outcome });
  return found;
}

function fieldsOf(item: ItemToAdd): Fields {
  const fields: Fields = { itemID: item.itemID };
  for (const [column, option] of Object.entries(OPTIONS) as [Column, keyof ItemToAdd][]) {
    const value = item[option];
    if (value !== undefined) fields[column] = typeof value === "object" ? value.map(String) : String(value);
  }
  return fields;
}

/** Names the options instead of the columns. */
function inOptions({ problems }: ItemProblemsError, { option }: Wording): ItemProblemsError {
  return new ItemProblemsError(
    problems.map((problem) => ({ ...problem, field: option(OPTIONS[problem.field as Column] ?? problem.field) })),
  );
}
