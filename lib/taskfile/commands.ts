import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { trimId } from "../ids.ts";
import { type BashScan, scanBash } from "./bash-scan.ts";
import { afterBlanks } from "./comments.ts";
import { hasNoEffect } from "./no-effect.ts";
import type { Problem } from "./problem.ts";
import { encodingProblem, faultProblem, type TaskRecord } from "./read-row.ts";
import { MAX_RECORD_BYTES, type RawRecord } from "./split-records.ts";
import type { RemarkKind } from "./tally.ts";

/*
 * A list of commands, as for GNU parallel or xargs: one per line, without a header. Each becomes an item named after
 * its text, so that importing the list again adds nothing, even if lines have moved.
 *
 * - Blank lines and lines that start with # are skipped; blanks at both ends are ignored, and so are
 *   invisible characters, such as a byte-order mark between two concatenated files.
 * - A line that ends in a backslash continues on the next, as in bash.
 * - A line that only starts a command (`for …; do`, `<<EOF`, an open quote) is rejected together with the lines up to
 *   the end of that command: on their own they would run, but not do what was meant.
 * - A command that occurs several times runs that many times, as with parallel: its second item ends in `-2`.
 */

/** How many commands to remember in order to recognize repeats: about 50 MB. Later repeats count as the same item. */
const MAX_REMEMBERED = 1_000_000;

/**
 * A multi-line command that is longer than this is assumed to run to the end of the list, because every added line
 * means reading all lines before it again.
 */
const [MAX_BLOCK_BYTES, MAX_BLOCK_LINES] = [64 * 1024, 1_000];

const BACKSLASH = 92;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

interface Block {
  first: RawRecord;
  last: RawRecord;
  text: string;
  /** size in bytes of the text and of the lines left out of it */
  size: number;
  count: number;
  found: string;
}

/** Reads the lines of a list, which must be passed from the first one on, as rows of a task file. */
export class CommandLines {
  /** how often each command has been read, by a number made from its text */
  readonly #times = new Map<number, number>();
  /** the lines so far of a command that continues on the next line */
  #begun: { first: RawRecord; last: RawRecord; lines: Buffer[]; size: number } | undefined;

  /** the lines so far of a multi-line command */
  #block: Block | undefined;

  *read(records: Iterable<RawRecord>): Generator<TaskRecord> {
    for (const record of records) {
      const whole = this.#joined(record.line === 1 ? withoutMark(record) : record);
      if (!whole) continue;
      const read = this.#block ? this.#addToBlock(whole.record) : this.#readCommand(whole.record, whole.isJoined);
      if (read) yield read;
    }
  }

  /** Call after the last line. Yields the command whose continuation or end is missing, if there is one. */
  *end(): Generator<TaskRecord> {
    const whole = this.#take();
    const block = this.#block && this.#endBlock(`${this.#block.found}, up to the end of the list`);
    if (block) yield block;
    else if (whole) yield failed(whole, { ...WHOLE, found: "a backslash at the end of the list" });
  }

  /** Takes a line of a multi-line command; after its last line, returns the problem with these lines. */
  #addToBlock(record: RawRecord): TaskRecord | undefined {
    const block = this.#block;
    if (!block) return undefined;
    block.last = record;
    block.size += record.bytes.length + 1;
    block.count++;
    if (record.fault !== undefined || !isShort(block)) return undefined;
    block.text += `\n${record.bytes.toString("latin1")}`;
    // after an operator such as &&, bash reads past blank lines and comments
    if (isBlank(record.bytes) || isComment(record.bytes) || !isWhole(block.text)) return undefined;
    return this.#endBlock(`${block.found}: the command ends on line ${record.line}`);
  }

  #endBlock(found: string): TaskRecord | undefined {
    const block = this.#block;
    this.#block = undefined;
    if (!block) return undefined;
    const { first, last, text } = block;
    const record = { ...first, bytes: Buffer.from(text, "latin1"), end: last.end };
    return { ...failed(record, { ...WHOLE, found, hint: BLOCK_HINT }), ...(!isShort(block) && { raw: undefined }) };
  }

  /** The record joined to the lines before it that it continues; undefined if the next line continues it. */
  #joined(record: RawRecord): { record: RawRecord; isJoined: boolean } | undefined {
    const begun = this.#begun;
    const continues =
      record.fault === undefined && endsInBackslash(record.bytes) && (begun || !isComment(record.bytes));
    if (!begun && !continues) return { record, isJoined: false };
    if (begun) {
      begun.last = record;
      begun.size += record.bytes.length;
      if (begun.size <= MAX_RECORD_BYTES) begun.lines.push(record.bytes);
    } else this.#begun = { first: record, last: record, lines: [record.bytes], size: record.bytes.length };
    if (continues) return undefined;
    const whole = this.#take();
    return whole && { record: whole, isJoined: true };
  }

  #take(): RawRecord | undefined {
    const begun = this.#begun;
    this.#begun = undefined;
    if (!begun) return undefined;
    const { first, last, lines, size } = begun;
    const fault = size > MAX_RECORD_BYTES ? "too-long" : last.fault;
    const bytes = Buffer.from(lines.map((line) => line.toString("latin1")).join("\n"), "latin1");
    return { line: first.line, bytes, end: last.end, ...(fault && { fault }) };
  }

  #readCommand(record: RawRecord, isJoined: boolean): TaskRecord | undefined {
    const { line, bytes, end, fault } = record;
    if (fault) return failed(record, faultProblem(fault));
    if (isBlank(bytes)) return undefined;
    if (isComment(bytes)) return { fields: {}, isComment: true, line, raw: bytes, end };
    if (!isUtf8(bytes)) return failed(record, encodingProblem("TaskScript", bytes.toString("latin1")));
    const { command, cutsInvisible } = trimBlanks(bytes.toString("utf8"));
    const scan = scanBash(command);
    const found = unfinishedEnd(scan);
    if (found !== undefined && !GOES_ON.test(found)) return failed(record, { ...WHOLE, found, hint: BLOCK_HINT });
    if (found !== undefined) {
      const text = bytes.toString("latin1");
      this.#block = { first: record, last: record, text, size: bytes.length, count: 1, found };
      return undefined;
    }
    const { id, times } = this.#name(command);
    const remarks: RemarkKind[] = [
      ...(cutsInvisible ? ["invisible" as const] : []),
      ...(isJoined ? ["joinedLines" as const] : []),
      ...(times > 1 ? ["repeatedCommands" as const] : []),
      ...(hasNoEffect(command, scan) ? ["noEffect" as const] : []),
    ];
    const fields = { itemID: id, TaskID: id, TaskScript: command };
    return { fields, line, raw: bytes, end, ...(remarks.length > 0 && { remarks }) };
  }

  /** The itemID of a command, and how often the command has occurred, this time included. */
  #name(command: string): { id: string; times: number } {
    const digest = createHash("sha256").update(command).digest();
    const key = digest.readUIntBE(0, 6);
    const times = (this.#times.get(key) ?? 0) + 1;
    if (times > 1 || this.#times.size < MAX_REMEMBERED) this.#times.set(key, times);
    const id = [...wordsOf(command), digest.toString("hex", 0, 8)].join("-");
    return { id: times > 1 ? `${id}-${times}` : id, times };
  }
}

/** How much of a command its itemID shows. */
const SHOWN = 32;

/** The beginning of a command as part of an id: without folders, quotes and operators. */
function wordsOf(command: string): string[] {
  // anything longer would be cut off anyway, unless it is all folders
  const words = command.slice(0, 1_000).split(/[\s=]+/);
  const text = words
    .map((word) => basename(word.replaceAll(/["']/g, "")).replaceAll(/[^\p{L}\p{N}._]+/gu, "-"))
    .join("-")
    .replaceAll(/-{2,}/g, "-")
    .replace(/^-/, "");
  const start = Array.from(text).slice(0, SHOWN).join("").replace(/-$/, "");
  return start === "" ? ["command"] : [start];
}

const WHOLE = { field: "TaskScript", expected: "a whole command on one line" };
const CUT_OFF = /not closed|not opened|here-document|backslash|without a file|^"(?:&&|\|\|?|\|&)"$/;

/** The kinds of ending after which bash would read on. */
const GOES_ON = /not closed|here-document|^"(?:&&|\|\|?|\|&)"$/;
const BLOCK_HINT =
  "each line is a command of its own: put a script of several lines into a file, and that file on the list";

/** Whether a multi-line script has ended. For a here-document, only a command on the line after it shows that. */
function isWhole(script: string): boolean {
  const { badEnd = "" } = scanBash(script);
  const goesOn = GOES_ON.test(badEnd) && !badEnd.includes("here-document");
  return !goesOn && scanBash(`${script}\n:`).badEnd === undefined;
}

function isShort({ size, count }: Block): boolean {
  return size <= MAX_BLOCK_BYTES && count <= MAX_BLOCK_LINES;
}

/** Why a line is not a whole command; undefined if it is one. */
function unfinishedEnd({ badEnd }: BashScan): string | undefined {
  return badEnd !== undefined && CUT_OFF.test(badEnd) ? badEnd : undefined;
}

function failed({ line, bytes, end, fault }: RawRecord, problem: Problem): TaskRecord {
  return { fields: {}, problem, line, raw: fault === "too-long" ? undefined : bytes, end };
}

function withoutMark(record: RawRecord): RawRecord {
  const hasMark = record.bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return hasMark ? { ...record, bytes: record.bytes.subarray(BYTE_ORDER_MARK.length) } : record;
}

/** Whether a line ends in a backslash that is not itself escaped. */
function endsInBackslash(bytes: Buffer): boolean {
  let count = 0;
  while (bytes[bytes.length - 1 - count] === BACKSLASH) count++;
  return count % 2 === 1;
}

function isComment(bytes: Buffer): boolean {
  return bytes[afterBlanks(bytes, 0)] === 35;
}

function isBlank(bytes: Buffer): boolean {
  return afterBlanks(bytes, 0) === bytes.length;
}

/**
 * Trims blanks and invisible characters at both ends; a backslash protects the one after it. `cutsInvisible`: whether
 * anything other than spaces and tabs was cut off.
 */
function trimBlanks(text: string): { command: string; cutsInvisible: boolean } {
  const visible = trimId(text);
  const from = text.indexOf(visible);
  const end = from + visible.length;
  const to = visible.endsWith("\\") && end < text.length ? end + 1 : end;
  return { command: text.slice(from, to), cutsInvisible: /[^ \t]/.test(text.slice(0, from) + text.slice(to)) };
}
