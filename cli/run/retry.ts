import { UsageError } from "../../lib/errors.ts";
import type { ImportReport } from "../../lib/import/await-report.ts";
import { inputSize, shownInput } from "../../lib/input.ts";
import type { DropFileOptions } from "../../workflow/import-file.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { readingOf } from "../import/reading.ts";
import { cell } from "../output/cell.ts";
import { counted } from "../output/counted.ts";
import { ownLine } from "../own-command.ts";
import { resumeFailed } from "./held-up.ts";
import { type FailedItem, mayBeOld, oldCommandsOf } from "./old-commands.ts";
import type { Progress } from "./progress.ts";

/** Which of the items that failed in an earlier run start over. */
export interface Retry {
  /** only items that are in the list of this run */
  listOnly: boolean;
  /** only items of these steps */
  steps: readonly string[] | undefined;
}

/** How to import the list: items that failed or still wait run what their rows say, unless the user says otherwise. */
export function importsOf(imports: DropFileOptions, retry: Retry | undefined): DropFileOptions {
  if (!retry || imports.onChanged !== undefined || (imports.onDuplicate ?? "retry") !== "retry") return imports;
  return { ...imports, onDuplicate: "retry", ...(retry.steps && { retrySteps: retry.steps }) };
}

/** Resumes steps that were paused because items failed, if their items are to be retried. */
export async function resumeForRetry(
  workflow: Workflow,
  { file, imports, retry }: { file: string; imports: DropFileOptions; retry: Retry },
  progress: Progress,
): Promise<void> {
  const ofList = async () => {
    // read here for its steps, and later for the import
    if ((await inputSize(file)) === undefined) {
      throw new UsageError(
        `--retry-list: expected a file, which can be read twice, found ${shownInput(file)}; a step is paused ("${ownLine("step list")}"), and is resumed only if the list names it`,
      );
    }
    const steps = new Set<string>();
    for await (const { item } of workflow.readFile(file, readingOf(imports))) {
      if (item) steps.add(item.step);
    }
    return steps;
  };
  const isWanted = async (step: string) =>
    (!retry.steps || retry.steps.includes(step)) && (!retry.listOnly || (await ofList()).has(step));
  for (const step of await resumeFailed(workflow, isWanted)) progress.say(`step ${step} is resumed`);
}

/**
 * Starts over what failed and is not in the list, which has already been imported; says how many items are retried in
 * total. An item whose row was rejected stays failed, because it would run what the list no longer says. So does a
 * command that a list of commands no longer has, because a corrected line is a different item.
 */
export async function retryOthers(
  workflow: Workflow,
  { file, imports, retry }: { file: string; imports: DropFileOptions; retry: Retry },
  report: ImportReport,
  progress: Progress,
): Promise<void> {
  const { onDuplicate, reset, changed = 0 } = report;
  const failed = { states: ["failed"] as const, steps: retry.steps };
  const left = await failedItems(workflow, failed, rejectedIds(report));
  const gone = await goneFrom(workflow, { file, imports, onDuplicate }, failed);
  let retried = onDuplicate === "retry" ? reset - changed : 0;
  if (!retry.listOnly) {
    const not = new Set([...left, ...gone]);
    const which = not.size === 0 ? failed : { ...failed, ids: othersOf(workflow, failed, not) };
    retried += (await workflow.reset(which, { onItem: () => {} })).changed;
  }
  progress.say(`${counted(retried, "failed item")} will be tried again`);
  if (left.size > 0) progress.say(notRetriedText([...left], "REJECTED"));
  if (gone.length > 0 && !retry.listOnly) progress.say(notRetriedText(gone, "GONE"));
}

/** Failed commands that are not in a list of commands that has been imported. */
async function goneFrom(
  workflow: Workflow,
  { file, imports, onDuplicate }: { file: string; imports: DropFileOptions; onDuplicate: ImportReport["onDuplicate"] },
  failed: FailedOf,
): Promise<string[]> {
  if (!imports.commands) return [];
  const items: FailedItem[] = [];
  for await (const item of workflow.items(failed)) {
    const { itemID = "", taskID = "", step = "" } = item;
    if (mayBeOld(item, imports)) items.push({ itemID, taskID, step });
  }
  const old = await oldCommandsOf(workflow, { file, imports }, items);
  if (!old) return [];
  // a pipe cannot be read again, but the import has already started over the failed items in it
  const isRetried = onDuplicate === "retry" || onDuplicate === "reset";
  const ids = old.itemIDs ?? (isRetried ? items.map(({ itemID }) => itemID) : []);
  return ids.sort();
}

/** The items whose rows in a list were rejected, where these could be read. */
function rejectedIds({ rows }: Pick<ImportReport, "rows">): string[] {
  return rows.flatMap(({ outcome, itemID }) => (outcome === "rejected" && itemID !== undefined ? [itemID] : []));
}

/** Which of these items have failed. */
export async function failedItems(workflow: Workflow, failed: FailedOf, ids: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  if (ids.length === 0) return found;
  for await (const { itemID } of workflow.items({ ...failed, ids: new Set(ids) })) found.add(String(itemID));
  return found;
}

type FailedOf = { states: readonly ["failed"]; steps?: readonly string[] | undefined };

async function* othersOf(workflow: Workflow, failed: FailedOf, left: ReadonlySet<string>): AsyncGenerator<string> {
  for await (const { itemID } of workflow.items(failed)) if (!left.has(String(itemID))) yield String(itemID);
}

/** How many items a message lists. */
const NAMED = 5;

/** `2 failed items are not tried again, because their rows in the list were rejected: a, b`. */
function notRetriedText(ids: readonly string[], why: keyof typeof WHY): string {
  const named = ids
    .slice(0, NAMED)
    .map((id) => cell(id))
    .join(", ");
  const more = ids.length > NAMED ? ` and ${ids.length - NAMED} more` : "";
  const { what, one, several } = WHY[why];
  const because = ids.length === 1 ? `is not tried again, because ${one}` : `are not tried again, because ${several}`;
  return `${counted(ids.length, `failed ${what}`)} ${because}: ${named}${more}`;
}

const WHY = {
  REJECTED: {
    what: "item",
    one: "its row in the list was rejected",
    several: "their rows in the list were rejected",
  },
  GONE: { what: "command", one: "the list does not have it", several: "the list does not have them" },
} as const;
