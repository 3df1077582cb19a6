import { readFile } from "node:fs/promises";

/** A recorded event about a Batch job. */
export interface RecordedBatchEvent {
  "detail-type": string;
  time: string;
  detail: {
    jobId: string;
    status: string;
    statusReason?: string;
    attempts: Record<string, unknown>[];
    container: Record<string, unknown>;
    arrayProperties?: Record<string, unknown>;
    [property: string]: unknown;
  };
}

/** A recorded event from `events/`, with `changes` applied to its detail. */
export async function batchEvent(
  name: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<RecordedBatchEvent> {
  const file = new URL(`../../events/batch-${name}.json`, import.meta.url);
  const event = JSON.parse(await readFile(file, "utf8")) as RecordedBatchEvent;
  return { ...event, detail: { ...event.detail, ...changes } };
}
