import { UsageError } from "../lib/errors.ts";
import { explain, type ToExplain } from "../lib/explain/explain.ts";
import type { Explanation } from "../lib/explain/explanation.ts";
import type { AskBatch } from "../lib/explain/workers.ts";
import { trimId } from "../lib/ids.ts";
import { describeJobsWith } from "../lib/jobs/describe-jobs.ts";
import type { OnUnreadable } from "../lib/select/items-of-sample.ts";
import type { Clients } from "./clients.ts";
import { batchOf } from "./others.ts";

/** How to read a sample. */
export interface SampleOptions {
  /** called for each item that is left out because its row cannot be read */
  onLeftOut?: OnUnreadable;
}

/** Explains an item, a sample or a step. Asks Batch if a job queue is named. */
export async function explainOn(
  clients: Clients,
  what: ToExplain,
  { onLeftOut }: SampleOptions = {},
): Promise<Explanation | undefined> {
  const parts = Object.entries(what).filter(([, value]) => value !== undefined);
  const [part, more] = parts;
  if (!part || more || typeof part[1] !== "string") {
    throw new UsageError("explain: expected one of itemID, taskID and step, and its name");
  }
  const [key, name] = part;
  const { table } = clients;
  const wanted = (given: string) => ({ [key]: given }) as ToExplain;
  const explainNamed = (given: string) => explain(table, wanted(given), askBatch(clients), onLeftOut);
  const found = await explainNamed(name);
  const trimmed = trimId(name);
  return found ?? (trimmed === name ? undefined : explainNamed(trimmed));
}

function askBatch(clients: Clients): AskBatch | undefined {
  const jobQueue = clients.env.ANAMO_JOB_QUEUE;
  if (!jobQueue) return undefined;
  const batch = batchOf(clients);
  return { queue: { batch, jobQueue }, describeJobs: describeJobsWith(batch) };
}
