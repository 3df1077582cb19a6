import { trimId } from "../ids.ts";
import { ALLOW_FAILED, DEPENDENCY_LISTS } from "../items/dependencies.ts";
import { INPUTS } from "../items/handover.ts";
import { SETTING_SPECS } from "../items/item-settings.ts";
import { nearest } from "./nearest.ts";

/** The columns of a task file, in PyAnamo's spelling; any case is accepted. */
export const COLUMNS = [
  ...(["itemID", "TaskID", "TaskScript", "TaskArgs", "Step"] as const),
  ...SETTING_SPECS.map(({ column }) => column),
  ...DEPENDENCY_LISTS.map(({ column }) => column),
  ALLOW_FAILED.column,
  INPUTS.column,
] as const;

/** JSON Lines can hold lists, so the scripts of a nested item may be listed in full there. */
export const JSON_COLUMNS = [...COLUMNS, "TaskScripts"] as const;

export type Column = (typeof JSON_COLUMNS)[number];

/** A row's values by column, all as text: numbers stay as written. */
export type Fields = Partial<Record<Column, string | readonly string[]>>;

/** The columns that may hold a list in JSON Lines. */
export const LIST_COLUMNS: readonly Column[] = [
  "TaskArgs",
  "TaskScripts",
  ...DEPENDENCY_LISTS.map(({ column }) => column),
  INPUTS.column,
];

/** The columns that every item needs. */
export const REQUIRED = ["itemID", "TaskID", "TaskScript"] as const satisfies readonly Column[];

/** An example header, shown in every message about a wrong one. */
export const EXAMPLE_HEADER = "itemID|TaskID|TaskScript";

/** The column that a name means, whatever its case and the blanks around it. */
export function findColumn<C extends Column>(name: string, columns: readonly C[]): C | undefined {
  const wanted = trimId(name).trim().toLowerCase();
  return columns.find((column) => column.toLowerCase() === wanted);
}

/** Names that other programs and people use, in lower case, letters only. */
const ALIASES: Readonly<Record<string, Column>> = {
  ...named("itemID", ["id", "item", "itemname", "name", "job", "jobid", "jobname"]),
  ...named("TaskID", ["sample", "sampleid", "samplename", "samplenumber", "task", "taskname", "subject", "patient"]),
  ...named("TaskScript", [
    "script",
    "command",
    "commands",
    "commandline",
    "cmd",
    "shell",
    "bash",
    "run",
    "taskcommand",
  ]),
  ...named("TaskArgs", ["arg", "args", "argument", "arguments", "taskarguments", "parameters", "params"]),
  ...named("Step", ["stage", "phase", "stepname"]),
  ...named("Priority", ["prio"]),
  ...named("MaxAttempts", ["attempts", "retries", "maxretries", "tries", "maxtries"]),
  ...named("TimeoutSeconds", ["timeout", "timelimit", "walltime", "maxtime"]),
  ...named("LeaseSeconds", ["lease"]),
  ...named("After", [
    "dependson",
    "depends",
    "dependency",
    "dependencies",
    "needs",
    "requires",
    "waitfor",
    "aftersteps",
  ]),
  ...named("AfterAll", ["barrier", "waitforall", "gather", "afterallof"]),
  ...named("AfterItems", ["dependsonitems", "needsitems", "waitforitems"]),
  ...named("AllowFailed", ["allowfailures", "allowedfailures", "maxfailed", "maxfailures"]),
  ...named("Inputs", ["input", "infiles", "inputfiles", "stagein"]),
};

function named(column: Column, aliases: readonly string[]): Record<string, Column> {
  return Object.fromEntries(aliases.map((alias) => [alias, column]));
}

/** The column that a mistyped or foreign name most likely means, if one is near enough to suggest. */
export function nearestColumn<C extends Column>(name: string, columns: readonly C[]): C | undefined {
  const wanted = name
    .trim()
    .toLowerCase()
    .replace(/[^a-z]/g, "");
  const meant = columns.find((column) => column === ALIASES[wanted]);
  if (meant) return meant;
  return nearest(wanted, columns);
}
