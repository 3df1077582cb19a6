import { escapePathPart } from "../ids.ts";

/** The two streams that a script prints to. */
export type LogStream = "stdout" | "stderr";

/** Which attempt of which task printed a log. For a plain item, the task is `Task_0`. */
export interface LogPlace {
  step: string;
  itemId: string;
  taskKey: string;
  attempt: number;
}

/** The key in the bucket of a log that is too long for the row. Worker and readers both use it. */
export function logKey({ step, itemId, taskKey, attempt }: LogPlace, stream: LogStream): string {
  const folder = [step, itemId, taskKey].map((part) => escapePathPart(part)).join("/");
  return `logs/${folder}/${attempt}.${stream === "stdout" ? "log" : "err"}.gz`;
}
