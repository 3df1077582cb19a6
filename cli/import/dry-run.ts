import type { Dependencies } from "../../lib/items/dependencies.ts";
import type { Handover } from "../../lib/items/handover.ts";
import type { NamedSettings } from "../../lib/items/item-settings.ts";
import { noTally, type Tally } from "../../lib/taskfile/tally.ts";
import type { ReadFileOptions } from "../../workflow/read-file.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { cell } from "../output/cell.ts";
import { counted } from "../output/counted.ts";
import { table } from "../output/table.ts";
import { readingOf } from "./reading.ts";
import { tallyRemarks } from "./tally-remarks.ts";
import { addRejected, REPEATED, rejectedText, SHOWN, type WouldReject } from "./would-reject.ts";

/** What an import of a file would add to an empty table, and what it would reject. */
export interface DryRun extends Tally, WouldReject {
  file: string;
  /** items that would be added, unless they exist already */
  N: number;
  tasks: number;
  /** rows with an itemID that occurs earlier in the file: only the first one counts */
  repeated: number;
  /** the first items that would be added */
  items: DryRunItem[];
}

interface DryRunItem extends NamedSettings, Dependencies, Handover {
  itemID: string;
  taskID: string;
  step: string;
  script?: string;
  scripts?: readonly string[];
  args?: readonly string[];
}

/** Reads a task file on this machine as the import function would. Changes nothing. */
export async function readDryRun(workflow: Workflow, file: string, options: ReadFileOptions): Promise<DryRun> {
  const found: DryRun = { file, N: 0, tasks: 0, repeated: 0, rejected: 0, items: [], rejectedRows: [], ...noTally() };
  const seen = new Set<string>();
  const rows = workflow.readFile(file, { ...readingOf(options), tally: found });
  for await (const { line, item, problems } of rows) {
    if (!item) addRejected(found, { line, problems });
    else if (seen.has(item.itemID)) found.repeated++;
    else {
      seen.add(item.itemID);
      found.N++;
      found.tasks += item.scripts?.length ?? 1;
      if (found.items.length < SHOWN) found.items.push(item);
    }
  }
  return found;
}

/** A dry run in the form of its JSON output. */
export interface DryRunReport extends DryRun {
  dryRun: true;
}

/** A dry run as one JSON document. */
export function dryRunJson(found: DryRun): string {
  const report: DryRunReport = { dryRun: true, ...found };
  return JSON.stringify(report);
}

/** A dry run for a person. */
export function dryRunText({ N, tasks, repeated, rejected, items, rejectedRows, ...tally }: DryRun): string {
  const lines = [
    `${counted(N, "item")} would be added${tasks > N ? ` (${counted(tasks, "task")})` : ""}${items.length > 0 ? ":" : ""}`,
  ];
  if (items.length > 0) {
    const rows = items.map(({ itemID, taskID, step, script, scripts }) => [
      cell(itemID),
      cell(taskID),
      cell(step),
      scripts?.length ?? 1,
      cell(script ?? scripts?.[0]),
    ]);
    lines.push("", table(["item", "sample", "step", "tasks", "script"], rows));
    if (N > items.length) lines.push(`… and ${(N - items.length).toLocaleString("en-US")} more`);
  }
  const remarks = tallyRemarks(tally);
  if (remarks.length > 0) lines.push("", ...remarks);
  lines.push(...rejectedText({ rejected, rejectedRows }, [{ rows: repeated, why: REPEATED }]));
  lines.push(
    "",
    "Nothing was changed. Items that exist would be left as they are, unless --on-duplicate says otherwise.",
  );
  return lines.join("\n");
}
