import type { LeftOut } from "../../lib/select/select-ids.ts";
import type { FoundLog } from "../../workflow/logs.ts";
import type { Which } from "../../workflow/which.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import type { LogWish } from "./log-wish.ts";
import { type LogFormat, type LogPrinter, logPrinter, nameOf } from "./print-logs.ts";
import { Silence } from "./silence.ts";

/** How many items' logs are searched at once; logs that are printed in full come one after another. */
const SEARCHERS = 8;

/** Prints the logs of one item, or of one task of it. False if there was nothing to print. */
export async function printLogsOfItem(workflow: Workflow, itemID: string, wish: LogWish): Promise<boolean> {
  const { task, stream, attempt, part } = wish;
  let printer: LogPrinter | undefined;
  const silence = new Silence(wish);
  let isFound = false;
  const printOne = async (found: FoundLog): Promise<void> => {
    const isAlone = task !== undefined || found.taskKey === undefined;
    printer ??= logPrinter(formatOf(wish, isAlone ? "bare" : undefined), part);
    const isWanted = await printFound(found, printer, { wish, silence });
    if (isAlone && (!found.log || !found.hasEnded)) sayNothingKept(found, wish);
    if (isWanted) isFound = true;
  };
  await workflow.eachLog(itemID, printOne, { task, stream, attempt });
  printer ??= logPrinter(formatOf(wish), part);
  await printer.end();
  silence.tell(task === undefined ? itemID : `${itemID} ${task}`);
  return isFound;
}

/** Prints the logs of a selection of items. False if there was nothing to print. */
export async function printLogsOfItems(
  workflow: Workflow,
  which: Which,
  wish: LogWish,
  onLeftOut: (leftOut: LeftOut) => void,
): Promise<boolean> {
  const { stream, attempt, part } = wish;
  const printer = logPrinter(formatOf(wish), part);
  const silence = new Silence(wish);
  let isFound = false;
  const printOne = async (found: FoundLog): Promise<void> => {
    if (await printFound(found, printer, { wish, silence })) isFound = true;
  };
  await workflow.eachLog(which, printOne, { stream, attempt, onLeftOut, width: part.grep ? SEARCHERS : 1 });
  await printer.end();
  silence.tell();
  return isFound;
}

/** `alone`: how to print a log that is the only one. */
function formatOf({ json, part }: LogWish, alone?: LogFormat): LogFormat {
  if (json) return "json";
  return alone ?? (part.grep ? "prefixed" : "headed");
}

/** Prints a log if one is stored. True if anything in it was wanted; without --grep, an empty log counts. */
async function printFound(
  found: FoundLog,
  printer: LogPrinter,
  { wish, silence }: { wish: LogWish; silence: Silence },
): Promise<boolean> {
  const { log } = found;
  if (!log) return false;
  if (log.note) process.stderr.write(`anamo: ${nameOf(log)}: ${log.note}\n`);
  let isEmpty = true;
  const bytes = noticed(log.bytes, () => {
    isEmpty = false;
  });
  const lines = await printer.print({ ...log, bytes });
  silence.saw(found, { isEmpty });
  return wish.part.grep === undefined || lines !== 0;
}

async function* noticed(pieces: NonNullable<FoundLog["log"]>["bytes"], notice: () => void): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    if (piece.length > 0) notice();
    yield piece;
  }
}

function sayNothingKept(found: FoundLog, { attempt, stream }: LogWish): void {
  const why = found.hasEnded
    ? `nothing is kept of the ${stream} of attempt ${attempt} (the last one is number ${found.attempts}; short output is kept of that alone)`
    : "no attempt has ended yet";
  process.stderr.write(`anamo: ${nameOf(found)}: ${why}\n`);
}
