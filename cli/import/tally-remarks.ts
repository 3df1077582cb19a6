import { REMARK_KINDS, type RemarkKind, type Tally, tallyOf } from "../../lib/taskfile/tally.ts";
import { agreeing, counted } from "../output/counted.ts";

/** A sentence for each kind of remark, without the number of rows that it begins with. */
const SENTENCES: Readonly<Record<RemarkKind, string | ((rows: number) => string)>> = {
  comments: (rows) => `left out: ${agreeing(rows, "it starts", "they start")} with #`,
  trimmed: "had blanks at the ends of itemID, TaskID or Step: cut off",
  invisible: "had invisible characters around an argument or a command: cut off",
  unquoted: "had fields in quotes, as a spreadsheet writes them: the quotes were removed",
  quotesKept:
    "with quotes around a field kept them: they may belong to the script. If a spreadsheet wrote them, save the file as CSV with commas",
  formulas: 'had fields such as ="001", a formula with which spreadsheets keep text: read as the text in the quotes',
  crlf: "had Windows line ends (CR LF) inside a script or an argument: converted to LF",
  returnsKept: (rows) =>
    `${agreeing(rows, "has", "have")} CR alone, which is not a line end, inside a script or an argument: kept. If lines should end there, replace it by a line end`,
  lookalikes: (rows) =>
    `${agreeing(rows, "has", "have")} a no-break space, another hyphen, a wide or Cyrillic letter, or a letter and its accent as two characters, inside itemID, TaskID or Step: kept. Such ids look like others, but are not the same`,
  typographic: (rows) =>
    `${agreeing(rows, "has", "have")} typographic quotes or dashes (“ ’ –), no-break spaces, wide letters (；) or invisible characters in a script or an argument: kept. To bash they are letters; if a word processor or a web page put them there, type " ' - ; or a space instead`,
  converted: (rows) =>
    `${agreeing(rows, "has", "have")} an itemID, TaskID or Step such as 1-Mar, 1E+05 or '001: kept. Spreadsheets make these of MARCH1, 100000 and 001; if one did so, mark the column as text there, and type the names again`,
  missing: (rows) =>
    `${agreeing(rows, "has", "have")} NA, NaN, NULL, None or \\N in a field: kept as text. If the value is missing, leave the field empty (in R: na="")`,
  oneArgument: (rows) =>
    `${agreeing(rows, "has", "have")} a single argument with , or ; in TaskArgs: read as one argument. Between arguments, files with commas have ; and others have , (--nested-delimiter sets another)`,
  leftRunning: (rows) =>
    `${agreeing(rows, "has", "have")} a script that ends in &: what still runs in the background when the script ends is killed. Leave out the &, or end the script with wait`,
  joinedLines: "ended in a backslash: read as one command with the next line",
  repeatedCommands: (rows) =>
    `repeated a command of an earlier line: ${agreeing(rows, "it", "each")} is an item of its own and runs`,
  noEffect: (rows) =>
    `only ${agreeing(rows, "changes the shell that it runs in", "change the shells that they run in")}, as cd, export and module load do: no other line sees that. Put such a command before each that needs it (cd DIR && call), or the whole script into a file`,
};

/** The sentences for a sample sheet, which has no itemID, TaskID or Step. */
export const SHEET_SENTENCES: typeof SENTENCES = {
  ...SENTENCES,
  trimmed: "had blanks at the ends of values: cut off",
};

/** What reading a file left out or changed: one line for each kind, with its count and its first line number. */
export function tallyRemarks(found: Partial<Tally>, sentences = SENTENCES): string[] {
  const tally = tallyOf(found);
  return REMARK_KINDS.filter((kind) => tally[kind] > 0).map((kind) => {
    const first = tally.firstLines[kind];
    const where = tally[kind] === 1 ? "line" : "first on line";
    const sentence = sentences[kind];
    const rest = typeof sentence === "string" ? sentence : sentence(tally[kind]);
    return `${counted(tally[kind], "row")}${first === undefined ? "" : ` (${where} ${first})`} ${rest}`;
  });
}
