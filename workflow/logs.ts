import { UsageError } from "../lib/errors.ts";
import type { LogStream } from "../lib/logs/log-key.ts";
import { lastLines, linesOf } from "../lib/logs/log-lines.ts";
import { logOwners, NoItemError } from "../lib/logs/log-owners.ts";
import { type LogBucket, openLog, type TaskLog } from "../lib/logs/read-log.ts";
import { selectItems } from "../lib/select/selectors.ts";
import type { Table } from "../lib/table.ts";
import { partsOf, type Which } from "./which.ts";

/** Which logs, and which part of them. */
export interface LogOptions {
  /** of one nested item: just this task, as `Task_3` or `3` */
  task?: string;
  /** `stdout` unless told */
  stream?: LogStream;
  /** the last one that ended unless told */
  attempt?: number;
  /** only lines in which this is found */
  grep?: RegExp;
  /** of these only the last so many */
  tail?: number;
}

/** What one attempt printed to one stream. */
export interface LogText extends Omit<TaskLog, "bytes"> {
  text: string;
}

/** One line of a log. */
export interface LogLine extends Pick<TaskLog, "itemID" | "taskID" | "taskKey" | "attempt" | "stream"> {
  line: string;
}

/** Where logs are read. */
export interface LogSource {
  table: Table;
  bucket: LogBucket | undefined;
}

/** The logs, each as one text. */
export async function* logTexts(source: LogSource, which: Which, options: LogOptions): AsyncGenerator<LogText> {
  for await (const log of openLogs(source, which, options)) {
    const { bytes, ...head } = log;
    yield { ...head, text: await textOf(log, options) };
  }
}

/** The logs line by line, so that it does not matter how long they are. */
export async function* logLines(source: LogSource, which: Which, options: LogOptions): AsyncGenerator<LogLine> {
  for await (const log of openLogs(source, which, options)) {
    const { itemID, taskID, taskKey, attempt, stream } = log;
    const head = { itemID, taskID, ...(taskKey !== undefined && { taskKey }), attempt, stream };
    for await (const line of wantedLines(log, options)) yield { ...head, line };
  }
}

/** Those of the logs that are kept. One item that is not there is an error; of several, those that are gone are left out. */
async function* openLogs(
  { table, bucket }: LogSource,
  which: Which,
  { task, stream = "stdout", attempt }: LogOptions,
): AsyncGenerator<TaskLog> {
  const open = async function* (itemId: string): AsyncGenerator<TaskLog> {
    for await (const owner of logOwners(table, itemId, task)) {
      const log = await openLog(owner, stream, bucket, attempt);
      if (log) yield log;
    }
  };
  if (typeof which === "string") {
    yield* open(which);
    return;
  }
  if (task !== undefined) throw new UsageError("task: expected one item with it, found a selection of items");
  const { all: _, ...selector } = partsOf(which);
  for await (const page of selectItems(table, selector)) {
    for (const { itemId } of page) {
      try {
        yield* open(itemId);
      } catch (error) {
        if (!(error instanceof NoItemError)) throw error;
      }
    }
  }
}

async function textOf(log: TaskLog, options: LogOptions): Promise<string> {
  if (options.grep === undefined && options.tail === undefined) {
    return Buffer.concat(await Array.fromAsync(log.bytes)).toString();
  }
  const lines = await Array.fromAsync(wantedLines(log, options));
  return lines.map((line) => `${line}\n`).join("");
}

async function* wantedLines({ bytes }: TaskLog, { grep, tail }: LogOptions): AsyncGenerator<string> {
  const lines = grep ? matching(linesOf(bytes), grep) : linesOf(bytes);
  if (tail === undefined) yield* lines;
  else yield* await lastLines(lines, tail);
}

async function* matching(lines: AsyncIterable<string>, pattern: RegExp): AsyncGenerator<string> {
  // unlike test(), search() begins every line at its start, whatever the flags of the pattern
  for await (const line of lines) if (line.search(pattern) >= 0) yield line;
}
