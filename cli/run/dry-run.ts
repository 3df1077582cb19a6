import { resolve } from "node:path";
import type { Effect } from "../../lib/import/preview.ts";
import { noTally, type Tally } from "../../lib/taskfile/tally.ts";
import type { InputsRemoved } from "../../workflow/plan.ts";
import type { PreviewOptions, PreviewRow } from "../../workflow/preview-file.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { openStack } from "../adopt-stack.ts";
import { readingOf } from "../import/reading.ts";
import { inputsRemovedText } from "../import/sheet-remarks.ts";
import { tallyRemarks } from "../import/tally-remarks.ts";
import { addRejected, REPEATED, rejectedText, SHOWN, type WouldReject } from "../import/would-reject.ts";
import { cell } from "../output/cell.ts";
import { agreeing, counted } from "../output/counted.ts";
import { table } from "../output/table.ts";
import { reportUnknownSteps } from "../output/unknown-steps.ts";
import { mayBeOld } from "./old-commands.ts";
import { failedItems, importsOf } from "./retry.ts";
import type { RunOptions } from "./run.ts";
import { notesOf } from "./sheet-notes.ts";

/** What a run would do with the rows of a list, and what else it would retry. */
export interface RunDryRun extends Tally, WouldReject {
  dryRun: true;
  file: string;
  /** number of rows by what would happen to their items */
  effects: Record<Effect, number>;
  /** items that failed and are not in the list, which would be tried again */
  retried: number;
  /** failed commands that are not in the list because they were corrected or removed: they stay failed */
  notInList: number;
  /** items that failed and would not be tried again, because their rows would be rejected */
  notRetried: number;
  /** of a sample sheet, if any: items whose results were removed, although items that would start need them */
  inputsRemoved?: InputsRemoved;
  /** the first items that would be added, restarted or changed, or that differ from the list */
  items: RunDryRunItem[];
}

interface RunDryRunItem {
  line: number;
  itemID: string;
  taskID: string;
  step: string;
  effect: Effect;
  different: boolean;
  tasks: number;
  script: string;
}

/** Reports what `anamo run` would do. Changes nothing, and does not create a stack in a folder without one. */
export async function dryRunOf(options: RunOptions, say: (line: string) => void): Promise<RunDryRun> {
  const stack = await openStack(resolve(options.dir), say);
  const workflow = new Workflow({ table: options.table, ...(stack && { env: stack.env }) });
  try {
    return await readAll(workflow, options, stack !== undefined);
  } finally {
    workflow.close();
    await stack?.close();
  }
}

async function readAll(workflow: Workflow, { file, imports, retry }: RunOptions, hasTable: boolean) {
  const found: RunDryRun = {
    dryRun: true,
    file,
    effects: noEffects(),
    rejected: 0,
    retried: 0,
    notRetried: 0,
    notInList: 0,
    ...empty(),
  };
  const how = importsOf(imports, retry);
  const options = {
    ...readingOf(how),
    onDuplicate: how.onDuplicate,
    onChanged: how.onChanged,
    retrySteps: how.retrySteps,
    tally: found,
  };
  const restarted = new Set<string>();
  const rejected: string[] = [];
  const listed = new Set<string>();
  for await (const row of hasTable ? workflow.previewFile(file, options) : asNew(workflow, file, options)) {
    if (!row.item) {
      addRejected(found, row);
      if (row.itemID !== undefined) rejected.push(row.itemID);
      continue;
    }
    const { line, effect, different = false } = row;
    const { itemID, taskID, step: itsStep, script, scripts } = row.item;
    found.effects[effect]++;
    if (imports.commands) listed.add(itemID);
    if (effect === "restart") restarted.add(itemID);
    if (effect === "other step") rejected.push(itemID);
    if ((effect === "leave" && !different) || effect === "repeated" || found.items.length >= SHOWN) continue;
    const [text = "", tasks] = scripts ? [scripts[0], scripts.length] : [script, 1];
    found.items.push({ line, itemID, taskID, step: itsStep, effect, different, tasks, script: text });
  }
  const { inputsRemoved } = hasTable ? await notesOf(workflow, { file, imports: how }) : {};
  if (inputsRemoved) found.inputsRemoved = inputsRemoved;
  if (!hasTable || !retry) return found;
  await reportUnknownSteps(workflow, retry.steps);
  const which = { states: ["failed"] as const, steps: retry.steps };
  const left = await failedItems(workflow, which, rejected);
  for (const id of restarted) left.delete(id);
  found.notRetried = left.size;
  if (retry.listOnly) return found;
  for await (const item of workflow.items(which)) {
    const { itemID = "" } = item;
    if (restarted.has(itemID) || left.has(itemID)) continue;
    if (mayBeOld(item, imports) && !listed.has(itemID)) found.notInList++;
    else found.retried++;
  }
  return found;
}

/** The rows of a list if nothing is in the table yet. */
async function* asNew(workflow: Workflow, file: string, options: PreviewOptions): AsyncGenerator<PreviewRow> {
  const seen = new Set<string>();
  for await (const row of workflow.readFile(file, options)) {
    if (!row.item) yield row;
    else {
      const effect: Effect = seen.has(row.item.itemID) ? "repeated" : "add";
      seen.add(row.item.itemID);
      yield { ...row, effect };
    }
  }
}

function empty() {
  return { items: [], rejectedRows: [], ...noTally() };
}

function noEffects(): Record<Effect, number> {
  return { add: 0, restart: 0, change: 0, leave: 0, locked: 0, repeated: 0, "other step": 0 };
}

/** What happens to an item, as a column of a table. */
const WORDS: Readonly<Record<Effect, string>> = {
  add: "added",
  restart: "restarted",
  change: "changed, as it waits",
  leave: "left as it is",
  locked: "left: a worker has it",
  repeated: "rejected: repeated",
  "other step": "rejected: it is in another step",
};

/** A dry run for a person. */
export function runDryRunText({
  effects,
  items,
  rejected,
  rejectedRows,
  retried,
  notRetried,
  notInList,
  inputsRemoved,
  ...tally
}: RunDryRun): string {
  const { add, restart, change, leave, locked, repeated, "other step": elsewhere } = effects;
  const lines = [
    `${counted(add, "item")} would be added, ${restart} restarted, ${change} changed while waiting, ${leave + locked} left as ${agreeing(leave + locked, "it is", "they are")}${locked > 0 ? ` (a worker has ${locked})` : ""}`,
  ];
  if (retried > 0) lines.push(`${counted(retried, "failed item")} that the list does not name would be tried again`);
  if (notRetried > 0) {
    lines.push(`${counted(notRetried, "failed item")} would not be tried again: the rows of the list are rejected`);
  }
  if (notInList > 0) {
    lines.push(
      `${counted(notInList, "failed command")} would not be tried again: the list does not have ${notInList === 1 ? "it" : "them"}`,
    );
  }
  if (items.length > 0) {
    const rows = items.map((item) => [
      cell(item.itemID),
      cell(item.taskID),
      cell(item.step),
      item.effect === "leave" ? "left, though the list differs" : WORDS[item.effect],
      cell(item.script),
    ]);
    lines.push("", table(["item", "sample", "step", "would be", "script"], rows));
    const shown = add + restart + change + locked + elsewhere;
    if (shown > items.length) lines.push(`… and ${(shown - items.length).toLocaleString("en-US")} more`);
  }
  if (inputsRemoved) lines.push("", ...inputsRemovedText(inputsRemoved));
  const remarks = tallyRemarks(tally);
  if (remarks.length > 0) lines.push("", ...remarks);
  const others = [
    { rows: repeated, why: REPEATED },
    { rows: elsewhere, why: "whose itemID is in another step" },
  ];
  lines.push(...rejectedText({ rejected, rejectedRows }, others), "", "Nothing was changed.");
  return lines.join("\n");
}

/** Whether the run would reject rows. */
export function hasRejected({ rejected, effects }: RunDryRun): boolean {
  return rejected + effects.repeated + effects["other step"] > 0;
}
