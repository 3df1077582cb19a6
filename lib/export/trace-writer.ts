import { createHash } from "node:crypto";
import { isoDate } from "../iso-date.ts";
import type { ExportRow } from "./export-row.ts";
import { tsvLine } from "./tsv-line.ts";
import type { ExportContext, ExportWriter, Put } from "./writer.ts";

/** What Nextflow writes for unknown values. */
const UNKNOWN = "-";

/** Nextflow's default columns, and those of its others that programs use and the table knows. */
const COLUMNS = [
  ...["task_id", "hash", "native_id", "process", "tag", "name", "status", "exit", "submit", "start", "complete"],
  ...["duration", "realtime", "%cpu", "peak_rss", "peak_vmem", "rchar", "wchar", "attempt", "script"],
] as const;
type TraceColumn = (typeof COLUMNS)[number];

/**
 * Nextflow's `trace.txt`: a line for each plain item and each nested task that has ended, with its last attempt. Times
 * are UTC; with `raw`, times are milliseconds and memory is bytes, as with Nextflow's `trace.raw`.
 */
export function traceWriter(put: Put, { raw }: ExportContext): ExportWriter {
  const forms = raw ? RAW : READABLE;
  /** the worker that had the nested item whose tasks are coming: tasks do not record a worker of their own */
  const workers = new Map<string, string>();
  let taskId = 0;
  let head = tsvLine(COLUMNS);
  const line = (row: ExportRow): string => {
    taskId++;
    const values = traceOf(row, forms, row.instance ?? workers.get(row.itemID));
    return tsvLine(COLUMNS.map((column) => (column === "task_id" ? taskId : (values[column] ?? UNKNOWN))));
  };
  return {
    async page(rows) {
      for (const row of rows) {
        if (!row.nestedTasks) continue;
        if (workers.size >= MOST_WORKERS) workers.delete(workers.keys().next().value ?? "");
        workers.set(row.itemID, row.instance ?? UNKNOWN);
      }
      await put(head + rows.filter(hasRun).map(line).join(""));
      head = "";
    },
    end: () => put(head),
  };
}

/** More nested items than are ever read at once. */
const MOST_WORKERS = 1_000;

function hasRun({ kind, nestedTasks, exitCode, cause, wallSeconds }: ExportRow): boolean {
  if (kind === "item" && nestedTasks) return false;
  return exitCode !== undefined || cause !== undefined || wallSeconds !== undefined;
}

function traceOf(
  row: ExportRow,
  forms: Forms,
  worker: string | undefined,
): Partial<Record<TraceColumn, string | number>> {
  const { itemID, taskKey, step, state, cause, exitCode, wallSeconds, cpuSeconds, attempt, script } = row;
  const endMs = dateMs(row.endedAt);
  const startMs =
    endMs !== undefined && wallSeconds !== undefined ? endMs - wallSeconds * 1_000 : dateMs(row.startedAt);
  const submitMs = dateMs(row.startedAt) ?? startMs;
  const tag = taskKey === undefined ? itemID : `${itemID} ${taskKey}`;
  const hash = createHash("sha256")
    .update(`${itemID}\n${taskKey ?? ""}`)
    .digest("hex");
  const form = <T>(value: T | undefined, as: (value: T) => string) => (value === undefined ? undefined : as(value));
  return withoutUndefined({
    hash: `${hash.slice(0, 2)}/${hash.slice(2, 8)}`,
    native_id: worker,
    process: step,
    tag,
    name: `${step} (${tag})`,
    status: statusOf(state, cause),
    exit: exitCode,
    submit: form(submitMs, forms.date),
    start: form(startMs, forms.date),
    complete: form(endMs, forms.date),
    duration: endMs === undefined || submitMs === undefined ? undefined : forms.time(endMs - submitMs),
    realtime: form(wallSeconds, (seconds) => forms.time(seconds * 1_000)),
    "%cpu": wallSeconds && cpuSeconds !== undefined ? forms.percent((100 * cpuSeconds) / wallSeconds) : undefined,
    peak_rss: form(row.peakMemoryBytes, forms.memory),
    attempt,
    script: script?.trim(),
  });
}

/** An attempt whose machine went away is aborted; a failed attempt counts as failed even if it will be retried. */
function statusOf(state: ExportRow["state"], cause: ExportRow["cause"]): string {
  if (cause === "interrupted" || cause === "lost") return "ABORTED";
  return cause === undefined && state !== "failed" ? "COMPLETED" : "FAILED";
}

/** How Nextflow writes each kind of value. Times are milliseconds, memory is bytes. */
interface Forms {
  date(ms: number): string;
  time(ms: number): string;
  memory(bytes: number): string;
  percent(value: number): string;
}

const RAW: Forms = {
  date: (ms) => String(Math.round(ms)),
  time: (ms) => String(Math.round(ms)),
  memory: String,
  percent: (value) => value.toFixed(1),
};

const READABLE: Forms = {
  date: (ms) => isoDate(ms).replace("T", " ").replace("Z", ""),
  time: timeText,
  memory: memoryText,
  percent: (value) => `${value.toFixed(1)}%`,
};

/** `350ms`, `12.3s`, `1h 2m 3s`. */
function timeText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))}s`;
  const seconds = Math.floor(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}

const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];

/** `2.8 GB`: units of 1,024, as in Nextflow. */
function memoryText(bytes: number): string {
  if (bytes === 0) return "0";
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1_024 ** power).toFixed(1))} ${UNITS[power]}`;
}

function dateMs(date: string | undefined): number | undefined {
  return date === undefined ? undefined : Date.parse(date);
}

function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
