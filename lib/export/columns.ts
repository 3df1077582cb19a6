import { SETTING_SPECS } from "../items/item-settings.ts";
import type { ExportRow } from "./export-row.ts";

/** `date`: ISO 8601 UTC text; `list`: text with a JSON array. */
export type ColumnType = "text" | "integer" | "real" | "date" | "list";

/** A column of the exported tables. */
export interface Column {
  name: keyof ExportRow;
  type: ColumnType;
  /** `both`, or only items or only tasks have it */
  of: "both" | "item" | "task";
}

const SETTINGS: Column[] = SETTING_SPECS.map(({ name, kind }) => ({
  name,
  type: kind === "seconds" ? "real" : "integer",
  of: "item",
}));

/** All columns, in the order used by every export. */
export const COLUMNS: readonly Column[] = [
  { name: "kind", type: "text", of: "both" },
  { name: "itemID", type: "text", of: "both" },
  { name: "taskKey", type: "text", of: "task" },
  { name: "taskID", type: "text", of: "both" },
  { name: "step", type: "text", of: "both" },
  { name: "state", type: "text", of: "both" },
  { name: "attempt", type: "integer", of: "both" },
  { name: "failures", type: "integer", of: "item" },
  { name: "interruptions", type: "integer", of: "item" },
  { name: "losses", type: "integer", of: "item" },
  { name: "nestedTasks", type: "integer", of: "item" },
  { name: "tasksDone", type: "integer", of: "item" },
  { name: "cause", type: "text", of: "both" },
  { name: "exitCode", type: "integer", of: "both" },
  { name: "signal", type: "text", of: "both" },
  { name: "message", type: "text", of: "both" },
  { name: "readyAt", type: "date", of: "item" },
  { name: "startedAt", type: "date", of: "item" },
  { name: "endedAt", type: "date", of: "both" },
  { name: "wallSeconds", type: "real", of: "both" },
  { name: "cpuSeconds", type: "real", of: "both" },
  { name: "peakMemoryBytes", type: "integer", of: "both" },
  { name: "instance", type: "text", of: "item" },
  { name: "jobAttempt", type: "integer", of: "item" },
  { name: "logBytes", type: "integer", of: "both" },
  { name: "stdoutKey", type: "text", of: "both" },
  { name: "stderrKey", type: "text", of: "both" },
  { name: "tagged", type: "list", of: "both" },
  ...SETTINGS,
  { name: "after", type: "list", of: "item" },
  { name: "afterAll", type: "list", of: "item" },
  { name: "afterItems", type: "list", of: "item" },
  { name: "allowFailed", type: "text", of: "item" },
  { name: "inputs", type: "list", of: "item" },
  { name: "source", type: "text", of: "item" },
  { name: "script", type: "text", of: "both" },
  { name: "arg", type: "text", of: "task" },
];

/** A value as a cell: lists become JSON arrays; absent ones stay undefined. */
export function cellOf(row: ExportRow, { name, type }: Column): string | number | undefined {
  const value = row[name];
  return type === "list" && value !== undefined ? JSON.stringify(value) : (value as string | number | undefined);
}
