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
import type { Progress } from "./progress.ts";

/** Which of the items that failed in an earlier run start over. */
export interface Retry {
  /** only items that are in the list of this run */
  listOnly: boolean;
  /** only items of these steps */
  steps: readonly string[] | undefined;
}

/** How the list is imported: its rows are what items run that failed or still wait, unless the user says otherwise. */
export function importsOf(imports: DropFileOptions, retry: Retry | undefined): DropFileOptions {
  if (!retry || imports.onChanged !== undefined || (imports.onDuplicate ?? "retry") !== "retry") return imports;
  return { ...imports, onDuplicate: "retry", ...(retry.steps && { retrySteps: retry.steps }) };
}

/** Resumes steps that were paused because items failed, as far as their items are to be retried. */
export async function resumeForRetry(
  workflow: Workflow,
  { file, imports, retry }: { file: string; imports: DropFileOptions; retry: Retry },
  progress: Progress,
): Promise<void> {
  const ofList = async () => {
    // here for its steps, and then for the import
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
 * Starts over what failed and is not in the list, which has been imported; says how many items are retried in all. An
 * item whose row was rejected stays failed: it would run what the list no longer says.
 */
export async function retryOthers(
  workflow: Workflow,
  retry: Retry,
  report: ImportReport,
  progress: Progress,
): Promise<void> {
  const { onDuplicate, reset, changed = 0 } = report;
  const failed = { states: ["failed"] as const, steps: retry.steps };
  const left = await failedItems(workflow, failed, rejectedIds(report));
  let retried = onDuplicate === "retry" ? reset - changed : 0;
  if (!retry.listOnly) {
    const which = left.size === 0 ? failed : { ...failed, ids: othersOf(workflow, failed, left) };
    retried += (await workflow.reset(which, { onItem: () => {} })).changed;
  }
  progress.say(`${counted(retried, "failed item")} will be tried again`);
  if (left.size > 0) progress.say(notRetriedText([...left]));
}

/** The items whose rows in a list were rejected, as far as these could be read. */
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

/** How many items a message names. */
const NAMED = 5;

/** `2 failed items are not tried again, because their rows in the list were rejected: a, b`. */
function notRetriedText(ids: readonly string[]): string {
  const named = ids
    .slice(0, NAMED)
    .map((id) => cell(id))
    .join(", ");
  const more = ids.length > NAMED ? ` and ${ids.length - NAMED} more` : "";
  const what = ids.length === 1 ? "is not tried again, because its row" : "are not tried again, because their rows";
  const were = ids.length === 1 ? "was" : "were";
  return `${counted(ids.length, "failed item")} ${what} in the list ${were} rejected: ${named}${more}`;
}
