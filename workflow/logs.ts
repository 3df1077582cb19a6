import { NoItemError, UsageError } from "../lib/errors.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import type { LogStream } from "../lib/logs/log-key.ts";
import { type LinesWanted, wantedLines } from "../lib/logs/log-lines.ts";
import { logOwners } from "../lib/logs/log-owners.ts";
import { type LogBucket, type LogOwner, openLog, type TaskLog } from "../lib/logs/read-log.ts";
import type { LeftOut } from "../lib/select/select-ids.ts";
import { selectItems } from "../lib/select/selectors.ts";
import type { Clients } from "./clients.ts";
import { bucketIfNamed } from "./others.ts";
import { selectorOf, type Which } from "./which.ts";

/** Selects logs. */
export interface LogPlaceOptions {
  /** only this task (`Task_3` or `3`) of one nested item */
  task?: string;
  /** default: `stdout` */
  stream?: LogStream;
  /** default: the last one that ended */
  attempt?: number;
  /** called for each given itemID that does not exist or does not match the rest of the selection */
  onLeftOut?: (leftOut: LeftOut) => void;
}

/** Selects logs, and lines in them. */
export interface LogOptions extends LogPlaceOptions, LinesWanted {}

/** How the logs of many items are opened. */
export interface EachLogOptions extends LogPlaceOptions {
  /** how many items to read at a time; with more than one the logs come in any order; default: 1 */
  width?: number;
}

/** What one attempt printed to one stream. */
export interface LogText extends Omit<TaskLog, "bytes"> {
  text: string;
}

/** One line of a log. */
export interface LogLine extends Pick<TaskLog, "itemID" | "taskID" | "taskKey" | "attempt" | "stream"> {
  line: string;
}

/** A plain item or a nested task, with its log if one is kept. */
export interface FoundLog {
  itemID: string;
  /** of a nested item */
  taskKey?: string;
  /** open for reading; absent if nothing of that attempt is kept */
  log?: TaskLog;
  /** how many attempts of the item have begun */
  attempts: number;
  /** false: no attempt has ended yet, so there is nothing to find */
  hasEnded: boolean;
  /** the streams that the last attempt printed to, according to its row; absent if the row has no outcome */
  printedTo?: LogStream[];
}

/** The logs, each as one text. */
export async function* logTexts(clients: Clients, which: Which, options: LogOptions): AsyncGenerator<LogText> {
  for await (const log of openLogs(clients, which, options)) {
    const { bytes, ...head } = log;
    yield { ...head, text: await textOf(log, options) };
  }
}

/** The logs line by line, however long they are. */
export async function* logLines(clients: Clients, which: Which, options: LogOptions): AsyncGenerator<LogLine> {
  for await (const log of openLogs(clients, which, options)) {
    const { itemID, taskID, taskKey, attempt, stream } = log;
    const head = { itemID, taskID, ...(taskKey !== undefined && { taskKey }), attempt, stream };
    for await (const line of wantedLines(log.bytes, options)) yield { ...head, line };
  }
}

/** Opens the logs and awaits `read` for each. */
export async function eachLog(
  clients: Clients,
  which: Which,
  { width = 1, ...options }: EachLogOptions,
  read: (found: FoundLog) => Promise<void>,
): Promise<void> {
  await sideBySide(sourcesOf(clients, which, options), width, async (logs) => {
    for await (const found of logs) await read(found);
  });
}

async function* openLogs(clients: Clients, which: Which, options: LogPlaceOptions): AsyncGenerator<TaskLog> {
  for await (const logs of sourcesOf(clients, which, options)) {
    for await (const { log } of logs) if (log) yield log;
  }
}

/** The logs of each item. A single item must exist; items of a selection that no longer exist are skipped. */
async function* sourcesOf(
  clients: Clients,
  which: Which,
  options: LogPlaceOptions,
): AsyncGenerator<AsyncIterable<FoundLog>> {
  const { task, onLeftOut } = options;
  const { table } = clients;
  const bucket = bucketIfNamed(clients);
  const logsOf = (itemId: string) => foundLogs(logOwners(table, itemId, task), bucket, options);
  if (typeof which === "string") {
    yield logsOf(which);
    return;
  }
  if (task !== undefined) throw new UsageError("task: expected one item with it, found a selection of items");
  for await (const page of selectItems(table, selectorOf(which), onLeftOut)) {
    for (const { itemId } of page) yield unlessGone(logsOf(itemId));
  }
}

async function* foundLogs(
  owners: AsyncIterable<LogOwner>,
  bucket: LogBucket | undefined,
  { stream = "stdout", attempt }: LogPlaceOptions,
): AsyncGenerator<FoundLog> {
  for await (const owner of owners) {
    const { item, task } = owner;
    const outcome = task ? task.outcome : item.outcome;
    yield {
      itemID: item.itemId,
      taskKey: item.nestedTasks > 0 && !item.longScript ? task?.taskKey : undefined,
      log: await openLog(owner, stream, bucket, attempt),
      attempts: item.attempt,
      hasEnded: hasEnded(owner),
      printedTo: outcome && STREAMS.filter((one) => outcome.log?.[one] || outcome.logKeys?.[one]),
    };
  }
}

const STREAMS: readonly LogStream[] = ["stdout", "stderr"];

function hasEnded({ item, task }: LogOwner): boolean {
  return task ? task.attempt !== undefined : item.attempt > 1 || (item.attempt === 1 && item.state !== "locked");
}

async function* unlessGone(logs: AsyncIterable<FoundLog>): AsyncGenerator<FoundLog> {
  try {
    yield* logs;
  } catch (error) {
    if (!(error instanceof NoItemError)) throw error;
  }
}

async function textOf({ bytes }: TaskLog, options: LogOptions): Promise<string> {
  if (options.grep === undefined && options.tail === undefined) {
    return Buffer.concat(await Array.fromAsync(bytes)).toString();
  }
  const lines = await Array.fromAsync(wantedLines(bytes, options));
  return lines.map((line) => `${line}\n`).join("");
}
