import { UsageError } from "../lib/errors.ts";
import { idProblem, MAX_STEP_BYTES } from "../lib/ids.ts";
import { IMPORTS } from "../lib/import/names.ts";
import { namedStudyKey, readStudy, storeStudy } from "../lib/import/studies.ts";
import type { Clients } from "./clients.ts";
import { bucketOf } from "./others.ts";
import { readWorkflowFile } from "./study.ts";

/** A workflow that is stored in the bucket. */
export interface StoredWorkflow {
  name: string;
  bucket: string;
  key: string;
  /** where its sample sheets go */
  imports: string;
  steps: string[];
  /** true if this one has replaced an earlier one of that name */
  replaced: boolean;
}

/** Stores a workflow file under a name: sheets dropped under `imports/<name>/` become its items. */
export async function putWorkflow(clients: Clients, name: string, file: string): Promise<StoredWorkflow> {
  checkName(name);
  const { s3, bucket } = bucketOf(clients);
  const { study, source } = await readWorkflowFile(file);
  const key = namedStudyKey(name);
  const replaced = (await readStudy(s3, { bucket, key }).catch(() => ({}))) !== undefined;
  await storeStudy(s3, { bucket, key }, { study, source });
  const steps = study.steps.map((step) => step.name);
  return { name, bucket, key, imports: `${IMPORTS}${name}/`, steps, replaced };
}

/** The text of a stored workflow file; undefined if none has that name. */
export async function workflowText(clients: Clients, name: string): Promise<string | undefined> {
  checkName(name);
  const { s3, bucket } = bucketOf(clients);
  const stored = await readStudy(s3, { bucket, key: namedStudyKey(name) });
  return stored && (stored.source ?? JSON.stringify(stored.study, null, 2));
}

function checkName(name: string): void {
  const problem = idProblem(name, MAX_STEP_BYTES);
  if (problem) throw new UsageError(`workflow: expected a name of 1 to ${MAX_STEP_BYTES} bytes, found ${problem}`);
  if (/\/|^\.{1,2}$/.test(name)) {
    throw new UsageError(
      `workflow: expected a name without a /, as it becomes a folder under ${IMPORTS}, found ${name}`,
    );
  }
}
