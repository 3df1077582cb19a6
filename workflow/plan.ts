import { ruleFor } from "../lib/changes/on-duplicate.ts";
import { UsageError } from "../lib/errors.ts";
import { checkDrop } from "../lib/import/check-drop.ts";
import { previewStudy, type StudyPreview } from "../lib/import/plan-study.ts";
import { inputName, readInput, shownInput } from "../lib/input.ts";
import { mermaidOf } from "../lib/study/graph.ts";
import { UnusableFileError } from "../lib/taskfile/problem.ts";
import { noTally } from "../lib/taskfile/tally.ts";
import type { Clients } from "./clients.ts";
import type { PreviewOptions } from "./preview-file.ts";
import { studyOfOptions } from "./study.ts";

/** How a sample sheet would be imported. */
export interface PlanOptions extends Omit<PreviewOptions, "commands"> {
  /** false: do not look into the table, as if it were empty */
  compare?: boolean;
}

/** What an import of a sample sheet would do. */
export interface StudyPlan extends StudyPreview {
  sheet: string;
  workflow?: string;
  /** the steps as a Mermaid flowchart */
  mermaid: string;
}

/** Tells what an import of a sample sheet would do, and changes nothing. */
export async function planStudy(
  clients: Clients,
  sheet: string,
  { compare = true, onDuplicate = "skip", onChanged, retrySteps, tally = noTally(), ...reading }: PlanOptions,
): Promise<StudyPlan> {
  const { wording } = clients;
  const { delimiter, nestedDelimiter, workflow } = reading;
  await checkDrop(sheet, { delimiter, nestedDelimiter }, wording.option);
  const study = await studyOfOptions(reading, wording);
  if (!study)
    throw new UsageError(`${wording.option("workflow")}: expected a workflow file, or ${wording.option("script")}`);
  const table = compare ? clients.table : undefined;
  const options = {
    name: inputName(sheet),
    study,
    rules: { onDuplicate: ruleFor(onDuplicate, onChanged), retrySteps },
    tally,
    delimiter,
    nestedDelimiter,
  };
  const found = await previewStudy(table, readInput(sheet), options).catch((error: unknown) => {
    if (!(error instanceof UnusableFileError)) throw error;
    throw new UsageError(`${shownInput(sheet)}: ${error.message}`, { cause: error });
  });
  return { sheet, ...(workflow !== undefined && { workflow }), ...found, mermaid: mermaidOf(found.steps) };
}
