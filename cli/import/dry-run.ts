import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { UsageError } from "../../lib/errors.ts";
import type { DropOptions } from "../../lib/import/drop.ts";
import { readTaskRows } from "../../lib/import/import-text.ts";
import { type NamedSettings, namedSettings } from "../../lib/items/item-settings.ts";
import type { NewItem } from "../../lib/items/new-item.ts";
import { UnusableFileError } from "../../lib/taskfile/problem.ts";
import { cell } from "../output/cell.ts";
import { counted } from "../output/counted.ts";
import { table } from "../output/table.ts";

/** What an import of a file would add to an empty table, and what it would reject. */
export interface DryRun {
  file: string;
  /** items that would be added, unless they are in the table already */
  N: number;
  tasks: number;
  /** rows of an itemID that stands further up in the file: only the first one counts */
  repeated: number;
  rejected: number;
  /** the first of those to be added */
  items: NewItem[];
  /** the first of those rejected */
  rejectedRows: { line: number; messages: string[] }[];
}

/** So many rows of each kind are kept to be shown. */
const SHOWN = 10;

/** Reads a task file on this machine as the import function would, and touches nothing. */
export async function dryRun(file: string, flags: DropOptions): Promise<DryRun> {
  const found: DryRun = { file, N: 0, tasks: 0, repeated: 0, rejected: 0, items: [], rejectedRows: [] };
  const seen = new Set<string>();
  try {
    for await (const { line, item, problems } of readTaskRows(createReadStream(file), optionsOf(file, flags))) {
      if (!item) {
        found.rejected++;
        if (found.rejectedRows.length < SHOWN) {
          found.rejectedRows.push({ line, messages: problems.map(({ message }) => message) });
        }
      } else if (seen.has(item.itemId)) found.repeated++;
      else {
        seen.add(item.itemId);
        found.N++;
        found.tasks += item.scripts?.length ?? 1;
        if (found.items.length < SHOWN) found.items.push(item);
      }
    }
  } catch (error) {
    if (error instanceof UnusableFileError) throw new UsageError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
  return found;
}

function optionsOf(file: string, { step = "default", delimiter, nestedDelimiter }: DropOptions) {
  return {
    ...{ name: basename(file), step },
    ...(delimiter !== undefined && { delimiter }),
    ...(nestedDelimiter !== undefined && { nestedDelimiter }),
  };
}

/** A dry run as JSON has it: spelled as everywhere else, and times in seconds. */
export interface DryRunReport extends Omit<DryRun, "items"> {
  dryRun: true;
  items: DryRunItem[];
}

interface DryRunItem extends Pick<NewItem, "step" | "script" | "scripts">, NamedSettings {
  itemID: string;
  taskID: string;
}

/** A dry run as one JSON document. */
export function dryRunJson({ items, ...rest }: DryRun): string {
  const report: DryRunReport = { dryRun: true, ...rest, items: items.map(dryRunItem) };
  return JSON.stringify(report);
}

function dryRunItem({ itemId, taskId, step, script, scripts, ...settings }: NewItem): DryRunItem {
  return {
    itemID: itemId,
    taskID: taskId,
    step,
    ...(script !== undefined && { script }),
    ...(scripts && { scripts }),
    ...namedSettings(settings),
  };
}

/** A dry run for a person. */
export function dryRunText({ N, tasks, repeated, rejected, items, rejectedRows }: DryRun): string {
  const lines = [
    `${counted(N, "item")} would be added${tasks > N ? ` (${counted(tasks, "task")})` : ""}${items.length > 0 ? ":" : ""}`,
  ];
  if (items.length > 0) {
    const rows = items.map(({ itemId, taskId, step, script, scripts }) => [
      ...[cell(itemId), cell(taskId), cell(step), scripts?.length ?? 1],
      cell(script ?? scripts?.[0]),
    ]);
    lines.push("", table(["item", "sample", "step", "tasks", "script"], rows));
    if (N > items.length) lines.push(`… and ${(N - items.length).toLocaleString("en-US")} more`);
  }
  if (repeated > 0)
    lines.push("", `${counted(repeated, "row")} with an itemID that stands further up would be left out`);
  if (rejected > 0) {
    lines.push("", `${counted(rejected, "row")} would be rejected:`);
    lines.push(...rejectedRows.flatMap(({ messages }) => messages.map((message) => `  ${message}`)));
    if (rejected > rejectedRows.length) lines.push(`  … and ${rejected - rejectedRows.length} more rows`);
  }
  lines.push(
    "",
    "Nothing was touched. What is in the table already would be left as it is, unless --on-duplicate says otherwise.",
  );
  return lines.join("\n");
}
