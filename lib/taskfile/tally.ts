/** What reading a task file skips, changes, or keeps with a warning. Counted in rows for each kind. */
export const REMARK_KINDS = [
  "comments",
  "trimmed",
  "invisible",
  "unquoted",
  "quotesKept",
  "formulas",
  "crlf",
  "returnsKept",
  "lookalikes",
  "typographic",
  "converted",
  "missing",
  "oneArgument",
  "leftRunning",
  "joinedLines",
  "repeatedCommands",
  "noEffect",
] as const;

export type RemarkKind = (typeof REMARK_KINDS)[number];

/** How many rows each kind of remark applies to, and the line of the first one. */
export interface Tally extends Record<RemarkKind, number> {
  firstLines: Partial<Record<RemarkKind, number>>;
}

/** A tally without remarks. */
export function noTally(): Tally {
  return {
    comments: 0,
    trimmed: 0,
    invisible: 0,
    unquoted: 0,
    quotesKept: 0,
    formulas: 0,
    crlf: 0,
    returnsKept: 0,
    lookalikes: 0,
    typographic: 0,
    converted: 0,
    missing: 0,
    oneArgument: 0,
    leftRunning: 0,
    joinedLines: 0,
    repeatedCommands: 0,
    noEffect: 0,
    firstLines: {},
  };
}

/** Picks the tally from a report. A report written by an older version has none. */
export function tallyOf(found: Partial<Tally>): Tally {
  return {
    ...noTally(),
    ...Object.fromEntries(REMARK_KINDS.map((kind) => [kind, found[kind] ?? 0])),
    firstLines: found.firstLines ?? {},
  };
}

/** Counts one row, the first time with its line. Rows come in the order of the file. */
export function remark(tally: Tally, kind: RemarkKind, line: number): void {
  tally[kind]++;
  tally.firstLines[kind] ??= line;
}
