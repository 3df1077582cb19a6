import { hash } from "node:crypto";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import type { Table } from "../table.ts";
import { type FailedDetail, failedDetail } from "./failed-detail.ts";

/** What failures of one group have in common. */
export interface GroupKey {
  step: string;
  cause: FailedDetail["cause"];
  exitCode?: number;
  /** the last line of the log, or the message, without numbers and the item's own ids; absent if there is none */
  line?: string;
}

const LONGEST_LINE = 200;
/** A log may repeat its last line with another number, address or date each time. */
const NUMBERS = /\b0x[0-9a-f]+\b|\d+(?:[.,:]\d+)*/gi;

/**
 * The group of a failed item: its step, why it failed, and the last line that it printed, in which `#` replaces numbers
 * and the ids of the item and its sample.
 */
export function groupKeyOf({ itemID, taskID, step, cause, exitCode, logTail, message }: FailedDetail): GroupKey {
  const last = logTail.split("\n").findLast((line) => line.trim() !== "") ?? message;
  const line = last && maskLine(last, [itemID, taskID]);
  return { step, cause, ...(exitCode !== undefined && { exitCode }), ...(line && { line }) };
}

/** Replaces ids and numbers in a line, and removes anything that a terminal would act on. */
function maskLine(line: string, ids: readonly string[]): string {
  // the escape codes of a terminal, such as colors
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const plain = line.toWellFormed().replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
  const spaced = plain.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return ids
    .toSorted((a, b) => b.length - a.length)
    .reduce(maskId, spaced)
    .replace(NUMBERS, "#")
    .slice(0, LONGEST_LINE);
}

/** Replaces an id where it stands as a word. A single letter is left, because it may be an article. */
function maskId(line: string, id: string): string {
  if (id.length < 2 || /^\d+$/.test(id)) return line;
  const literal = id.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return line.replace(new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, "gu"), "#");
}

/** The id that `reset --group` takes. Equal failures have the same id now and in every later summary. */
export function groupIdOf({ step, cause, exitCode, line }: GroupKey): string {
  return hash("sha256", JSON.stringify([step, cause, exitCode ?? null, line ?? null])).slice(0, 10);
}

/** How many rows of failed items to read at once, and for how many of these to read the tasks. */
const WIDTH = 8;

/** Why items failed, in no particular order. Leaves out items that have not failed or have changed in the meantime. */
export async function failedDetails(table: Table, itemIds: readonly string[]): Promise<FailedDetail[]> {
  const found = await sideBySide(chunksOf(itemIds, ROWS_A_READ), 2, async (ids) => {
    const rows = await readItemRows(table, ids);
    const items = rows.map((row) => rowToItem(row)).filter(({ state }) => state === "failed");
    return sideBySide(items, WIDTH, (item) => failedDetail(table, item));
  });
  return found.flat();
}
