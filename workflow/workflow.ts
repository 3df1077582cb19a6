import type { AddedItem } from "../lib/changes/add-checked.ts";
import type { DeleteOptions } from "../lib/changes/delete-items.ts";
import { UsageError } from "../lib/errors.ts";
import type { ToExplain } from "../lib/explain/explain.ts";
import type { Explanation } from "../lib/explain/explanation.ts";
import type { ExportRow } from "../lib/export/export-row.ts";
import type { ExportCounts } from "../lib/export/export-to.ts";
import { trimId } from "../lib/ids.ts";
import type { Look } from "../lib/notify/look.ts";
import { bySample, type SampleTable } from "../lib/progress/by-sample.ts";
import type { FailedDetail } from "../lib/progress/list-failed.ts";
import { type NestedProgress, nestedProgress } from "../lib/progress/nested-progress.ts";
import { type SummarizeOptions, type Summary, summarize } from "../lib/progress/summarize.ts";
import { type WatchOptions, watch } from "../lib/progress/watch.ts";
import type { Report } from "../lib/report/report.ts";
import { describeItem, type ItemDetail } from "../lib/select/describe-item.ts";
import type { ItemRecord } from "../lib/select/item-fields.ts";
import type { AddOptions, ItemToAdd } from "./add.ts";
import type { ChangeOptions, ChangeReport, ResetAllOptions } from "./change.ts";
import type { SampleOptions } from "./explain.ts";
import type * as exports from "./export.ts";
import type * as imports from "./import-file.ts";
import { type ItemsOptions, itemPages } from "./items.ts";
import type * as logs from "./logs.ts";
import type { NotInSheet } from "./not-in-sheet.ts";
import type { PlanOptions, StudyPlan } from "./plan.ts";
import type { PreviewOptions, PreviewRow } from "./preview-file.ts";
import * as progress from "./progress.ts";
import type { FileRow, ReadFileOptions } from "./read-file.ts";
import type * as report from "./report.ts";
import type { FoundResult, ResultsOptions, StoredResults } from "./results.ts";
import type { StoredWorkflow } from "./stored-workflow.ts";
import type { Which } from "./which.ts";
import { METHOD_WORDING, type Wording } from "./wording.ts";
import { WorkerMethods } from "./worker-methods.ts";

/**
 * One workflow: a table, the bucket that goes with it, and everything that a person can do with them. Commands of
 * `anamo` call these methods. Methods that list things return async iterators; the others return promises of plain
 * data.
 */
export class Workflow extends WorkerMethods {
  // --- adding ---

  /** Adds one item. Throws an ItemProblemsError with everything that is wrong with it. */
  async add(item: ItemToAdd, options: AddOptions = {}): Promise<AddedItem> {
    const { addOne } = await import("./add.ts");
    return addOne(this.at, item, options);
  }

  /** Checks that a task file can be read and that these options are valid. Throws a UsageError; needs no table. */
  static async checkFile(
    file: string,
    options: imports.DropFileOptions = {},
    wording: Pick<Wording, "option"> = METHOD_WORDING,
  ): Promise<void> {
    const { checkDrop } = await import("../lib/import/check-drop.ts");
    return checkDrop(file, options, wording.option);
  }

  /** Drops a local task file into the bucket and waits for its import. Throws a NoReportError if no report comes. */
  async importFile(file: string, options: imports.ImportFileOptions = {}): Promise<imports.ImportReport> {
    const { importFile } = await import("./import-file.ts");
    return importFile(this.at, file, options);
  }

  /** Drops a local task file into the bucket and does not wait for its import. */
  async dropFile(file: string, options: imports.DropFileOptions = {}): Promise<imports.DroppedFile> {
    const { dropFile } = await import("./import-file.ts");
    return dropFile(this.at, file, options);
  }

  /** The rejected rows of an import, to be fixed and imported again; undefined if there are none. */
  async rejectedRows(report: Pick<imports.ImportReport, "rejectedKey">): Promise<Uint8Array | undefined> {
    const { rejectedRows } = await import("./import-file.ts");
    return rejectedRows(this.at, report);
  }

  /** Reads a workflow file, a sample sheet and the table, and reports what an import would do. Changes nothing. */
  async plan(sheet: string, options: PlanOptions): Promise<StudyPlan> {
    const { planStudy } = await import("./plan.ts");
    return planStudy(this.at, sheet, options);
  }

  /** The items of the table that a workflow file and a sample sheet do not make. Changes nothing. */
  async notInSheet(sheet: string, options: PlanOptions & { summary?: Summary }): Promise<NotInSheet> {
    const { itemsNotInSheet } = await import("./plan.ts");
    return itemsNotInSheet(this.at, sheet, options);
  }

  /** Stores a workflow file: sample sheets dropped under `imports/<name>/` become its items. */
  async putWorkflow(name: string, file: string): Promise<StoredWorkflow> {
    const { putWorkflow } = await import("./stored-workflow.ts");
    return putWorkflow(this.at, name, file);
  }

  /** The text of a stored workflow file; undefined if none has that name. */
  async workflowText(name: string): Promise<string | undefined> {
    const { workflowText } = await import("./stored-workflow.ts");
    return workflowText(this.at, name);
  }

  /** Reads a task file as an import would, and reports what it would add and what is wrong with it. Changes nothing. */
  async *readFile(file: string, options: ReadFileOptions = {}): AsyncGenerator<FileRow> {
    const { readRows } = await import("./read-file.ts");
    yield* readRows(file, options, this.at.wording);
  }

  /** Reads a task file and the table, and reports what an import would do with each row now. Changes nothing. */
  async *previewFile(file: string, options: PreviewOptions = {}): AsyncGenerator<PreviewRow> {
    const { previewFile } = await import("./preview-file.ts");
    yield* previewFile(this.at, file, options);
  }

  // --- watching ---

  /** The progress of the table: by step and state; nested items by their progress; or samples against steps. */
  summary(options?: progress.PlainSummaryOptions): Promise<Summary>;
  summary(options: progress.NestedSummaryOptions): Promise<NestedProgress>;
  summary(options: progress.SampleSummaryOptions): Promise<progress.SampleSummary>;
  async summary(options?: progress.SummaryOptions): Promise<Summary | NestedProgress | progress.SampleSummary> {
    return progress.progressOf(this.at.table, options);
  }

  /**
   * Samples against steps, like `summary`; makes the samples one at a time, so that many samples need little memory.
   */
  sampleTable(options: { steps?: readonly string[] } = {}): Promise<SampleTable> {
    return bySample(this.at.table, options);
  }

  /** Yields the summary repeatedly, starting at once; with `nested`, the summary of the nested items. */
  watch(options?: WatchOptions & { nested?: false }): AsyncGenerator<Summary>;
  watch(options: WatchOptions & { nested: true }): AsyncGenerator<NestedProgress>;
  watch({ nested, ...options }: WatchOptions & { nested?: boolean } = {}): AsyncGenerator<Summary | NestedProgress> {
    const { table } = this.at;
    return watch<Summary | NestedProgress>(() => (nested ? nestedProgress(table) : summarize(table)), options);
  }

  /** A summary, and when items of each step ended, which `newsOf` compares with what people already know. */
  async look(options: Pick<SummarizeOptions, "withoutRanges"> = {}): Promise<Look & { summary: Summary }> {
    const { lookAt } = await import("../lib/notify/look.ts");
    return lookAt(this.at.table, options);
  }

  /** Everything that the progress page shows, as data. */
  async report(options: report.ReportOptions = {}): Promise<Report> {
    const { reportOf } = await import("./report.ts");
    return reportOf(this.at, options);
  }

  /** The progress page: one HTML file that needs nothing else. */
  async reportPage(options: report.ReportOptions = {}): Promise<string> {
    const { pageOf } = await import("../lib/report/page.ts");
    return pageOf(await this.report(options));
  }

  /** A link to the page that the function `summarize` last wrote; anyone with the link can read it until it expires. */
  async reportLink({ expiresSeconds = 12 * 3600 }: { expiresSeconds?: number } = {}): Promise<string> {
    const { pageLink } = await import("./report.ts");
    return pageLink(this.at, { expiresSeconds });
  }

  /** Failed items with the ends of their logs, the newest first. */
  failures(options: progress.FailuresOptions = {}): Promise<FailedDetail[]> {
    return progress.failuresOf(this.at.table, options);
  }

  /** All items, or the selected ones. */
  async *items(which: Which = {}, options: ItemsOptions = {}): AsyncGenerator<ItemRecord> {
    for await (const page of this.itemPages(which, options)) yield* page;
  }

  /** {@link items} a page at a time, as they are read. */
  itemPages(which: Which = {}, options: ItemsOptions = {}): AsyncGenerator<ItemRecord[]> {
    return itemPages(this.at.table, which, options);
  }

  /** Exports items with their nested tasks to a file, or to a function that takes its bytes. */
  async export(which: Which, options: exports.ExportOptions): Promise<ExportCounts> {
    const { exportItems } = await import("./export.ts");
    return exportItems(this.at.table, which, options);
  }

  /** What {@link export} writes, as data: items and their nested tasks, a page at a time. */
  async *exportPages(which: Which = {}, options: exports.ExportPagesOptions = {}): AsyncGenerator<ExportRow[]> {
    const { rowPages } = await import("./export.ts");
    yield* rowPages(this.at.table, which, options);
  }

  /** Everything about one item; undefined if it does not exist. */
  async show(itemID: string): Promise<ItemDetail | undefined> {
    const { table } = this.at;
    const trimmed = trimId(itemID);
    return (await describeItem(table, itemID)) ?? (trimmed === itemID ? undefined : describeItem(table, trimmed));
  }

  /** Everything about each item of a sample, in step order. */
  async *showSample(taskID: string, { onLeftOut }: SampleOptions = {}): AsyncGenerator<ItemDetail> {
    const { describeSample } = await import("../lib/select/describe-sample.ts");
    yield* describeSample(this.at.table, trimId(taskID), onLeftOut);
  }

  /**
   * Explains why an item, the items of a sample, or those of a step are not running, or how they are doing: each in a
   * sentence, with the commands that help. Undefined for an unknown item or sample.
   */
  async explain(what: ToExplain, options: SampleOptions = {}): Promise<Explanation | undefined> {
    const { explainOn } = await import("./explain.ts");
    return explainOn(this.at, what, options);
  }

  /** The complete output of tasks, wherever it is stored: one text per task. */
  async *logs(which: Which, options: logs.LogOptions = {}): AsyncGenerator<logs.LogText> {
    const { logTexts } = await import("./logs.ts");
    yield* logTexts(this.at, which, options);
  }

  /** {@link logs} line by line, however long they are. */
  async *logLines(which: Which, options: logs.LogOptions = {}): AsyncGenerator<logs.LogLine> {
    const { logLines } = await import("./logs.ts");
    yield* logLines(this.at, which, options);
  }

  /** Opens logs and passes each to `read` as a stream of bytes, up to `width` items at a time. */
  async eachLog(
    which: Which,
    read: (found: logs.FoundLog) => Promise<void>,
    options: logs.EachLogOptions = {},
  ): Promise<void> {
    const { eachLog } = await import("./logs.ts");
    return eachLog(this.at, which, options, read);
  }

  /** Lists, copies or checks what scripts left in `$OUT`, for the attempts that count. */
  async *results(which: Which, options: ResultsOptions = {}): AsyncGenerator<FoundResult> {
    const { findResultsOf } = await import("./results.ts");
    yield* findResultsOf(this.at, which, options);
  }

  /** How much of what scripts left in `$OUT` is stored, by step. */
  async storedResults(): Promise<StoredResults> {
    const { storedResults } = await import("./results.ts");
    return storedResults(this.at);
  }

  // --- changing ---

  /** Starts items over, whatever their state; of nested items, the tasks that are not done. */
  async reset(which: Which, options: ResetAllOptions = {}): Promise<ChangeReport> {
    const { resetAll } = await import("./change.ts");
    return resetAll(this.at, { method: "reset", which }, options);
  }

  /** Starts nested tasks over, with their items; an empty list changes nothing. */
  async resetTasks(
    which: Which,
    tasks: "all" | readonly string[],
    options: Omit<ResetAllOptions, "tasks"> = {},
  ): Promise<ChangeReport> {
    const { resetAll } = await import("./change.ts");
    return resetAll(this.at, { method: "resetTasks", which }, { ...options, tasks });
  }

  /** Holds `todo` and `waiting` items, so that no worker claims them; with `force` also those that a worker has. */
  async hold(which: Which, options: { force?: boolean } & ChangeOptions = {}): Promise<ChangeReport> {
    const { changeAll, toHold } = await import("./change.ts");
    return changeAll(this.at, { method: "hold", which, change: toHold(options) }, options);
  }

  /** Unholds items, so that they can be claimed again; with `force` also takes items from workers. */
  async release(which: Which, options: { force?: boolean } & ChangeOptions = {}): Promise<ChangeReport> {
    const { changeAll, toUnhold } = await import("./change.ts");
    return changeAll(this.at, { method: "release", which, change: toUnhold(options) }, options);
  }

  /** Deletes items with their tasks; logs in the bucket stay. */
  async delete(which: Which, options: Omit<DeleteOptions, "tasks"> & ChangeOptions = {}): Promise<ChangeReport> {
    if ("tasks" in options) throw new UsageError("delete: it deletes whole items; deleteTasks deletes tasks");
    const { force } = options;
    const { changeAll, toDelete } = await import("./change.ts");
    return changeAll(this.at, { method: "delete", which, change: toDelete({ force }) }, options);
  }

  /** Deletes single nested tasks, never all of an item; an empty list deletes nothing. */
  async deleteTasks(
    which: Which,
    tasks: readonly string[],
    options: Omit<DeleteOptions, "tasks"> & ChangeOptions = {},
  ): Promise<ChangeReport> {
    const { changeAll, toDelete } = await import("./change.ts");
    // spreading throws if `tasks` is undefined by mistake, which must not delete whole items
    const change = toDelete({ ...options, tasks: [...tasks] });
    return changeAll(this.at, { method: "deleteTasks", which, change, tasks }, options);
  }
}
