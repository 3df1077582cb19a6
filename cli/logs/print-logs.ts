import { type LinesWanted, wantedLines } from "../../lib/logs/log-lines.ts";
import type { TaskLog } from "../../lib/logs/read-log.ts";
import type { LogLine, LogText } from "../../workflow/logs.ts";
import { JsonArray } from "../output/json-array.ts";
import { writeOut } from "../output/write-out.ts";

/** Prints logs one after another. `print` returns the number of lines, or undefined if it did not count them. */
export interface LogPrinter {
  print(log: TaskLog): Promise<number | undefined>;
  end(): Promise<void>;
}

/**
 * How logs are told apart: `bare` for a single one, `headed` like `tail` with several files, `prefixed` like `grep`;
 * `json` is one array of logs, or with --grep of lines.
 */
export type LogFormat = "bare" | "headed" | "prefixed" | "json";

export function logPrinter(format: LogFormat, part: LinesWanted): LogPrinter {
  if (format === "json") return part.grep ? jsonLinesPrinter(part) : jsonPrinter(part);
  if (format === "prefixed") {
    return { print: (log) => printLines(log, part, (line) => `${nameOf(log)}: ${line}\n`), end: async () => {} };
  }
  const printOne = (log: TaskLog) => (isWhole(part) ? printBytes(log) : printLines(log, part, (line) => `${line}\n`));
  if (format === "bare") return { print: printOne, end: async () => {} };
  let between = "";
  const print = async (log: TaskLog) => {
    await writeOut(`${between}==> ${nameOf(log)} <==\n`);
    between = "\n";
    return printOne(log);
  };
  return { print, end: async () => {} };
}

/** `ITEM TASK`, or `ITEM` for a plain one. */
export function nameOf({ itemID, taskKey }: Pick<TaskLog, "itemID" | "taskKey">): string {
  return taskKey === undefined ? itemID : `${itemID} ${taskKey}`;
}

function isWhole({ grep, tail }: LinesWanted): boolean {
  return grep === undefined && tail === undefined;
}

/** Prints the bytes unchanged; adds a missing final line break, so that what follows starts on its own line. */
async function printBytes(log: TaskLog): Promise<undefined> {
  let last: number | undefined;
  for await (const piece of log.bytes) {
    await writeOut(piece);
    last = piece.at(-1) ?? last;
  }
  if (last !== undefined && last !== 0x0a) await writeOut("\n");
}

const FLUSH_CHARACTERS = 64 * 1024;

async function printLines(log: TaskLog, part: LinesWanted, format: (line: string) => string): Promise<number> {
  let count = 0;
  let text = "";
  for await (const line of wantedLines(log.bytes, part)) {
    count++;
    text += format(line);
    if (text.length < FLUSH_CHARACTERS) continue;
    await writeOut(text);
    text = "";
  }
  await writeOut(text);
  return count;
}

function jsonLinesPrinter(part: LinesWanted): LogPrinter {
  const array = new JsonArray();
  return {
    async print(log) {
      const { itemID, taskID, taskKey, attempt, stream } = log;
      let count = 0;
      for await (const line of wantedLines(log.bytes, part)) {
        count++;
        const found: LogLine = { itemID, taskID, ...(taskKey !== undefined && { taskKey }), attempt, stream, line };
        await array.push([found]);
      }
      return count;
    },
    end: () => array.end(),
  };
}

/** Prints a log of any length as one JSON text, written in pieces. */
function jsonPrinter(part: LinesWanted): LogPrinter {
  const array = new JsonArray();
  return {
    async print(log) {
      const { bytes: _, ...rest } = log;
      const head: Omit<LogText, "text"> = rest;
      await array.raw(`${JSON.stringify(head).slice(0, -1)},"text":"`);
      for await (const text of textOf(log, part)) await writeOut(JSON.stringify(text).slice(1, -1));
      await writeOut('"}');
      return undefined;
    },
    end: () => array.end(),
  };
}

async function* textOf(log: TaskLog, part: LinesWanted): AsyncGenerator<string> {
  if (!isWhole(part)) {
    for await (const line of wantedLines(log.bytes, part)) yield `${line}\n`;
    return;
  }
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for await (const piece of log.bytes) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}
