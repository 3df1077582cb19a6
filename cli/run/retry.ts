import { UsageError } from "../../lib/errors.ts";
import type { ImportReport } from "../../lib/import/await-report.ts";
import { inputSize, shownInput } from "../../lib/input.ts";
import type { DropFileOptions } from "../../workflow/import-file.ts";
import type { Workflow } from "../../workflow/workflow.ts";
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
  if (!retry || (imports.onDuplicate ?? "retry") !== "retry") return imports;
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
    const { step, delimiter, nestedDelimiter, commands } = imports;
    const steps = new Set<string>();
    for await (const { item } of workflow.readFile(file, { step, delimiter, nestedDelimiter, commands })) {
      if (item) steps.add(item.step);
    }
    return steps;
  };
  const isWanted = async (step: string) =>
    (!retry.steps || retry.steps.includes(step)) && (!retry.listOnly || (await ofList()).has(step));
  for (const step of await resumeFailed(workflow, isWanted)) progress.say(`step ${step} is resumed`);
}

/** Starts over what failed and is not in the list, which has been imported; says how many items are retried in all. */
export async function retryOthers(
  workflow: Workflow,
  retry: Retry,
  { onDuplicate, reset, changed = 0 }: ImportReport,
  progress: Progress,
): Promise<void> {
  let retried = onDuplicate === "retry" ? reset - changed : 0;
  if (!retry.listOnly) {
    const which = { states: ["failed"] as const, steps: retry.steps };
    retried += (await workflow.reset(which, { onItem: () => {} })).changed;
  }
  progress.say(`${counted(retried, "failed item")} will be tried again`);
}
