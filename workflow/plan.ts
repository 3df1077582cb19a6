import { ResourceNotFoundException } from "@aws-sdk/client-dynamodb";
import { ruleFor } from "../lib/changes/on-duplicate.ts";
import { removedBeforeAll } from "../lib/changes/removed-before.ts";
import { followersOf } from "../lib/depend/followers.ts";
import { UsageError } from "../lib/errors.ts";
import { checkDrop } from "../lib/import/check-drop.ts";
import { previewStudy, type SheetItems, type StudyPreview } from "../lib/import/plan-study.ts";
import { inputName, readInput, shownInput } from "../lib/input.ts";
import type { Summary } from "../lib/progress/summarize.ts";
import { readLook } from "../lib/retention/last-look.ts";
import { mermaidOf } from "../lib/study/graph.ts";
import type { Table } from "../lib/table.ts";
import { UnusableFileError } from "../lib/taskfile/problem.ts";
import { noTally } from "../lib/taskfile/tally.ts";
import type { Clients } from "./clients.ts";
import { type NotInSheet, notInSheet } from "./not-in-sheet.ts";
import type { PreviewOptions } from "./preview-file.ts";
import { studyOfOptions } from "./study.ts";

/** How many itemIDs of a step a plan names. */
const NAMED = 5;
/** How many items whose results were removed it names: enough for a command. */
const NEAREST = 10;

/** How a sample sheet would be imported. */
export interface PlanOptions extends Omit<PreviewOptions, "commands"> {
  /** false: do not read the table; act as if it were empty */
  compare?: boolean;
}

/** Done items of a step that used results which will be made again. */
export interface Outdated {
  step: string;
  items: number;
  /** the first few of them */
  itemIDs: string[];
}

/** Items whose results were removed, although items that would start need them. */
export interface InputsRemoved {
  /** including those before them that have to run again, too */
  items: number;
  /** the first few of those that are needed directly */
  itemIDs: string[];
}

/** What an import of a sample sheet would do. */
export interface StudyPlan extends StudyPreview {
  sheet: string;
  workflow?: string;
  /** items of the table that the workflow and the sheet do not make */
  notInSheet: NotInSheet;
  /** done items that would keep what they made from the results of items that start over */
  outdated: Outdated[];
  /** absent if there are none */
  inputsRemoved?: InputsRemoved;
  /** the steps as a Mermaid flowchart */
  mermaid: string;
}

/** Reports what an import of a sample sheet would do. Changes nothing. */
export async function planStudy(clients: Clients, sheet: string, options: PlanOptions): Promise<StudyPlan> {
  const { compare = true, workflow } = options;
  const { preview, made } = await readStudy(clients, sheet, options);
  const inputsRemoved = compare ? await inputsRemovedOf(clients.table, made) : undefined;
  return {
    sheet,
    ...(workflow !== undefined && { workflow }),
    ...preview,
    notInSheet: compare ? await notInSheet(clients.table, made) : { samples: [], itemIDs: [], steps: [] },
    outdated: compare ? await outdatedFollowers(clients.table, made) : [],
    ...(inputsRemoved && { inputsRemoved }),
    mermaid: mermaidOf(preview.steps),
  };
}

/** Reads a workflow and a sheet, and compares them with the table. */
async function readStudy(
  clients: Clients,
  sheet: string,
  { compare = true, onDuplicate = "skip", onChanged, retrySteps, tally = noTally(), ...reading }: PlanOptions,
) {
  const { wording } = clients;
  const { delimiter, nestedDelimiter } = reading;
  await checkDrop(sheet, { delimiter, nestedDelimiter }, wording.option);
  const study = await studyOfOptions(reading, wording);
  if (!study)
    throw new UsageError(`${wording.option("workflow")}: expected a workflow file, or ${wording.option("script")}`);
  const options = {
    name: inputName(sheet),
    study,
    rules: { onDuplicate: ruleFor(onDuplicate, onChanged), retrySteps },
    tally,
    delimiter,
    nestedDelimiter,
  };
  return previewStudy(compare ? clients.table : undefined, readInput(sheet), options).catch((error: unknown) => {
    if (!(error instanceof UnusableFileError)) throw error;
    throw new UsageError(`${shownInput(sheet)}: ${error.message}`, { cause: error });
  });
}

/** The items of the table that a workflow and a sheet do not make. */
export async function itemsNotInSheet(
  clients: Clients,
  sheet: string,
  { summary, ...options }: PlanOptions & { summary?: Pick<Summary, "steps"> },
): Promise<NotInSheet> {
  const { made } = await readStudy(clients, sheet, { ...options, compare: false });
  return notInSheet(clients.table, made, summary);
}

/** Done items that depend on those that would start over: they keep what they made from the old results. */
async function outdatedFollowers(table: Table, { redone }: SheetItems): Promise<Outdated[]> {
  const again = new Set(redone);
  const followers = redone.length === 0 ? [] : (await followersOf(table, redone)).flat();
  const kept = followers.filter(({ itemId, state }) => !again.has(itemId) && (state === "done" || state === "locked"));
  return [...Map.groupBy(kept, ({ step }) => step)].map(([step, items]) => ({
    step,
    items: items.length,
    itemIDs: items.slice(0, NAMED).map(({ itemId }) => itemId),
  }));
}

/** Predecessors that would not run again on their own. Costs one read on a table whose results were never removed. */
async function inputsRemovedOf(table: Table, { readers, redone }: SheetItems): Promise<InputsRemoved | undefined> {
  if (readers.length === 0 || !(await hasRemoved(table))) return undefined;
  const again = new Set(redone);
  const levels = (await removedBeforeAll(table, readers, "look")).map((ids) => ids.filter((id) => !again.has(id)));
  const [items, nearest = []] = [levels.flat().length, levels.findLast((ids) => ids.length > 0)];
  return items === 0 ? undefined : { items, itemIDs: nearest.slice(0, NEAREST) };
}

/** Whether results may ever have been removed. A table that does not exist has none. */
async function hasRemoved(table: Table): Promise<boolean> {
  try {
    return (await readLook(table)) !== undefined;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}
