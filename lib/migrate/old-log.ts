import type { Log, Outcome } from "../items/item.ts";
import { shareRoom } from "../logs/log-tail.ts";
import { LOG_ON_ROW_BYTES } from "../store/log-on-row.ts";

/*
 * A PyAnamo Log is `{Status, stdout, stderr}`; a nested item has a map from tasks to such logs. The first versions
 * stored it as JSON text, or "NULL" before there was a log. `Status` is "Done", or "Execution Failed" if the script
 * could not be started, or says where a log of more than 2 kB went (CloudWatch, S3); stdout then has only the tagged
 * lines.
 */

/** A converted PyAnamo log. */
export interface OldLog {
  log: Log;
  /** total bytes that PyAnamo stored */
  logBytes: number;
  /** where the rest of the log is, in PyAnamo's words */
  message?: string;
  /** the script could not be started */
  isNoStart: boolean;
  /** only the end of each stream is kept */
  isCut: boolean;
}

const ORDINARY = new Set(["", "Done", "Execution Successful"]);
const NO_START = "Execution Failed";
const MAX_MESSAGE = 500;
const MAX_TAGGED_LINES = 50;
const MAX_TAGGED_BYTES = 1024;

/** Reads the log of one script; undefined if there is none. */
export function readOldLog(value: unknown): OldLog | undefined {
  const map = readMap(value);
  const plainText = typeof value === "string" && value !== "NULL" && !map ? value : "";
  const [stdout, stderr, status] = [textOf(map?.stdout) || plainText, textOf(map?.stderr), textOf(map?.Status)];
  if (!stdout && !stderr && !status) return undefined;
  const logBytes = Buffer.byteLength(stdout) + Buffer.byteLength(stderr);
  const isNoStart = status === NO_START;
  return {
    log: {
      ...shareRoom(Buffer.from(stdout), Buffer.from(stderr), LOG_ON_ROW_BYTES),
      tagged: taggedLines(`${stdout}\n${stderr}`),
    },
    logBytes,
    ...(!ORDINARY.has(status) && !isNoStart && { message: `PyAnamo: ${status.slice(0, MAX_MESSAGE)}` }),
    isNoStart,
    isCut: logBytes > LOG_ON_ROW_BYTES,
  };
}

/** The outcome of a run that has a log or could not be started; undefined for any other. */
export function outcomeOf(old: OldLog | undefined, { isNoStart }: { isNoStart: boolean }): Outcome | undefined {
  if (!old && !isNoStart) return undefined;
  return {
    ...(isNoStart && { cause: "no-start" as const }),
    ...(old && old.logBytes > 0 && { log: old.log, logBytes: old.logBytes }),
    ...(old?.message && { message: old.message }),
  };
}

/** Reads a map that is stored as a map or as JSON text; undefined for anything else. */
export function readMap(value: unknown): Record<string, unknown> | undefined {
  if (typeof value === "string" && value.trimStart().startsWith("{")) return readMap(parsed(value));
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return value instanceof Set || ArrayBuffer.isView(value) ? undefined : (value as Record<string, unknown>);
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? undefined : value;
  } catch {
    return undefined; // a script or output that happens to begin with a brace
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function taggedLines(text: string): string[] {
  const lines: string[] = [];
  let bytesLeft = MAX_TAGGED_BYTES;
  for (const [, line = ""] of text.matchAll(/^(?:PyAnamo|anamo):\t(.*)$/gm)) {
    bytesLeft -= Buffer.byteLength(line);
    if (bytesLeft < 0 || lines.length >= MAX_TAGGED_LINES) break;
    lines.push(line.trimEnd());
  }
  return lines;
}
