import * as z from "zod";
import type { AddedItem } from "../../lib/changes/add-checked.ts";
import type { ImportReport } from "../../lib/import/await-report.ts";
import type { DroppedFile } from "../../lib/import/drop.ts";
import type { ReportRow } from "../../lib/import/ledger.ts";
import { REMARK_KINDS } from "../../lib/taskfile/tally.ts";
import type { DryRunReport } from "../import/dry-run.ts";
import { count, date, dependencies, exactly, itemID, itemSettings, step, taskID } from "./parts.ts";

/** `anamo add` */
export const addedItem = exactly<AddedItem>()(
  z.strictObject({
    itemID,
    taskID,
    step,
    tasks: count.describe("nested tasks; a plain item counts as one"),
    outcome: z
      .enum(["added", "reset", "changed", "exists", "locked"])
      .describe(
        "changed: it was waiting, and takes what was given; exists: left alone; locked: could not be changed because a worker has it",
      ),
    different: z.boolean().optional().describe("if it exists: whether its script differs from the one given"),
  }),
);

export const importCounts = z.strictObject({
  imported: count.describe("items added"),
  reset: count.describe("items that existed and were started over"),
  skipped: count.describe("items that existed and were left alone"),
  rejected: count.describe("rows that cannot be imported as they are"),
});

/** What reading a file left out, or changed in its text. */
export const textRemarks = z.strictObject({
  comments: count.describe("rows that start with # and were skipped"),
  trimmed: count.describe("rows with blanks at the ends of itemID, TaskID or Step, which were removed"),
  invisible: count.describe("rows with invisible characters around an argument or a command, which were removed"),
  unquoted: count.describe("rows in which the quotes that a spreadsheet puts around fields were removed"),
  quotesKept: count.describe("rows in which quotes around fields were kept, because they may belong to the script"),
  formulas: count.describe('rows with fields such as ="001", which were read as the text in the quotes'),
  crlf: count.describe("rows with CR LF inside a script or an argument, which became LF"),
  returnsKept: count.describe("rows with CR alone inside a script or an argument, which was kept"),
  lookalikes: count.describe(
    "rows with an id that has a no-break space, an unusual hyphen, or wide, Cyrillic or decomposed letters, which were kept",
  ),
  typographic: count.describe(
    "rows with typographic quotes, dashes, no-break spaces, wide letters or invisible characters in a script or an argument, which were kept",
  ),
  converted: count.describe(
    "rows with an id such as 1-Mar, 1E+05 or '001, which a spreadsheet may have converted, and which were kept",
  ),
  missing: count.describe("rows with NA, NaN, NULL, None or \\N in a field, which were kept as text"),
  oneArgument: count.describe("rows with a single argument that contains , or ; and was not split"),
  leftRunning: count.describe("rows with a script that ends in &: what it starts is killed when the script ends"),
  joinedLines: count.describe("commands on several lines that end in a backslash, which were joined"),
  repeatedCommands: count.describe("commands of a list that repeat an earlier line: each is a separate item"),
  noEffect: count.describe("commands of a list that only change the shell they run in, such as cd"),
  firstLines: z.partialRecord(z.enum(REMARK_KINDS), count).describe("the line of the first row of each kind"),
});

export const reportRows = exactly<ReportRow[]>()(
  z.array(
    z
      .strictObject({
        line: count,
        outcome: z
          .enum(["rejected", "different", "locked"])
          .describe("different: it exists with another script; locked: a worker has it"),
        itemID: itemID.optional(),
        field: z.string().optional().describe("of a rejected row: the column that is wrong"),
        expected: z.string().optional(),
        found: z.string().optional(),
        message: z.string(),
      })
      .meta({ id: "ReportRow" }),
  ),
);

/** `anamo import` */
export const importReport = exactly<ImportReport>()(
  z.strictObject({
    key: z.string().describe("the task file in the bucket"),
    bucket: z.string(),
    importId: z.string().optional(),
    uploadId: z.string().optional().describe("the upload that this report is about: other files may have the same key"),
    status: z.enum(["imported", "rejected"]).describe("rejected: no row of the file can be used"),
    message: z.string().optional().describe("why the file was not imported, or not completely"),
    step: step.optional(),
    onDuplicate: z.string().optional(),
    startedAt: date,
    endedAt: date,
    parts: count.describe("how many runs of the import function it took"),
    rejectedKey: z.string().optional().describe("the rejected rows in the bucket, to fix and import again"),
    rowsNotListed: count.optional().describe("how many entries did not fit into rows"),
    rejectedNotKept: count.optional().describe("how many rejected rows did not fit into the object at rejectedKey"),
    ...importCounts.shape,
    ...textRemarks.shape,
    changed: count.describe("of those reset: they were waiting, and take what the row says"),
    skippedDifferent: count.describe("of those skipped: items whose script differs from the file's"),
    locked: count.describe("of those skipped: could not be started over because a worker has them"),
    redelivered: count.describe("of those skipped: already added by the same row, because the event came twice"),
    tasks: count.describe("tasks of the items that were imported or reset"),
    rows: reportRows.describe("rows that a person should check, with one entry for each problem"),
    reportKey: z.string().describe("this report in the bucket"),
  }),
);

/** `anamo import --no-wait` */
export const droppedFile = exactly<DroppedFile>()(
  z.strictObject({
    bucket: z.string(),
    key: z.string().describe("the task file in the bucket"),
    reportKey: z.string().describe("where the report on its import will be"),
  }),
);

const newItem = z.strictObject({
  itemID,
  taskID,
  step,
  script: z.string().optional().describe("of a plain item"),
  scripts: z.array(z.string()).optional().describe("of a nested item"),
  args: z.array(z.string()).optional().describe("of a nested item with TaskArgs: what each task sees as TASK_ARG"),
  ...z.strictObject({ ...itemSettings, ...dependencies }).partial().shape,
});

/** `anamo import --dry-run` */
export const dryRun = exactly<DryRunReport>()(
  z.strictObject({
    dryRun: z.literal(true),
    file: z.string(),
    N: count.describe("items that would be added, unless they are in the table already"),
    tasks: count.describe("their tasks"),
    repeated: count.describe("rows with an itemID that occurs earlier in the file"),
    rejected: count.describe("rows that cannot be imported as they are"),
    ...textRemarks.shape,
    items: z.array(newItem).describe("the first ten of those to be added"),
    rejectedRows: z
      .array(z.strictObject({ line: count, messages: z.array(z.string()) }))
      .describe("the first ten of those rejected"),
  }),
);
