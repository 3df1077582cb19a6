import { sideBySide } from "../../lib/flow/side-by-side.ts";
import { logOwners, NoItemError } from "../../lib/logs/log-owners.ts";
import { type LogBucket, type LogOwner, openLog, type TaskLog } from "../../lib/logs/read-log.ts";
import type { Table } from "../../lib/table.ts";
import type { LogWish } from "./log-wish.ts";
import { type LogFormat, type LogPrinter, logPrinter, nameOf } from "./print-logs.ts";
import { type Printed, Silence } from "./silence.ts";

/** Items whose logs are searched at once; logs that are printed whole come one after the other. */
const SEARCHERS = 8;

/** Prints the logs of one item, or of one task of it. False if there was nothing to print. */
export async function logsOfItem(
  table: Table,
  bucket: LogBucket | undefined,
  itemId: string,
  task: string | undefined,
  wish: LogWish,
): Promise<boolean> {
  let printer: LogPrinter | undefined;
  const silence = new Silence(wish);
  let found = false;
  for await (const owner of logOwners(table, itemId, task)) {
    const isAlone = task !== undefined || owner.item.nestedTasks === 0;
    printer ??= logPrinter(formatOf(isAlone, wish), wish.part);
    const printed = await printLog(owner, bucket, wish, printer);
    if (isAlone && (!printed || hasNotEnded(owner))) sayNothingKept(owner, wish);
    if (printed) silence.saw(owner, printed);
    if (printed?.isFound) found = true;
  }
  await (printer ?? logPrinter(formatOf(false, wish), wish.part)).end();
  silence.tell(task === undefined ? itemId : `${itemId} ${task}`);
  return found;
}

/** Prints the logs of many items; those that are gone by then are passed over. False if there was nothing to print. */
export async function logsOfItems(
  table: Table,
  bucket: LogBucket | undefined,
  itemIds: AsyncIterable<string>,
  wish: LogWish,
): Promise<boolean> {
  const printer = logPrinter(formatOf(false, wish), wish.part);
  const silence = new Silence(wish);
  let found = false;
  await sideBySide(itemIds, wish.part.grep ? SEARCHERS : 1, async (itemId) => {
    try {
      for await (const owner of logOwners(table, itemId)) {
        const printed = await printLog(owner, bucket, wish, printer);
        if (printed) silence.saw(owner, printed);
        if (printed?.isFound) found = true;
      }
    } catch (error) {
      if (!(error instanceof NoItemError)) throw error;
    }
  });
  await printer.end();
  silence.tell();
  return found;
}

function formatOf(isAlone: boolean, { json, part }: LogWish): LogFormat {
  if (json) return "json";
  if (isAlone) return "bare";
  return part.grep ? "prefixed" : "headed";
}

/** Whether there was something in the log, and something that was wanted; nothing if no log is kept. */
async function printLog(
  owner: LogOwner,
  bucket: LogBucket | undefined,
  { stream, attempt, part }: LogWish,
  printer: LogPrinter,
): Promise<Printed | undefined> {
  const log = await openLog(owner, stream, bucket, attempt);
  if (!log) return undefined;
  if (log.note) process.stderr.write(`anamo: ${nameOf(log)}: ${log.note}\n`);
  let isEmpty = true;
  const bytes = noticed(log.bytes, () => {
    isEmpty = false;
  });
  const lines = await printer.print({ ...log, bytes });
  return { isEmpty, isFound: part.grep === undefined || lines !== 0 };
}

async function* noticed(pieces: TaskLog["bytes"], notice: () => void): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    if (piece.length > 0) notice();
    yield piece;
  }
}

/** No attempt has come to its end yet, so that there is nothing to be found of any. */
function hasNotEnded({ item, task }: LogOwner): boolean {
  return task ? task.attempt === undefined : item.attempt === 0 || (item.attempt === 1 && item.state === "locked");
}

function sayNothingKept(owner: LogOwner, { attempt, stream }: LogWish): void {
  const { item, task } = owner;
  const name = task && item.nestedTasks > 0 ? `${item.itemId} ${task.taskKey}` : item.itemId;
  const why = hasNotEnded(owner)
    ? "no attempt has ended yet"
    : `nothing is kept of the ${stream} of attempt ${attempt} (the last one is number ${item.attempt}; short output is kept of that alone)`;
  process.stderr.write(`anamo: ${name}: ${why}\n`);
}
