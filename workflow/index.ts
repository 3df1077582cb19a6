/*
 * What `import … from "anamo"` exports: the class, the errors that it throws, and the types of its options and results.
 */

export type { Autoscaling } from "../lib/autoscaling/plan.ts";
export { ScalingError } from "../lib/autoscaling/reach.ts";
export type { AutoscalingNow, Scaled } from "../lib/autoscaling/read.ts";
export type { AutoscalingSet } from "../lib/autoscaling/set.ts";
export type { Env } from "../lib/aws-config.ts";
export type { OnDuplicate } from "../lib/changes/add.ts";
export { type AddedItem, ItemProblemsError } from "../lib/changes/add-checked.ts";
export type { ItemChange } from "../lib/changes/change-items.ts";
export type { DeleteOptions } from "../lib/changes/delete-items.ts";
export type { ResetOptions } from "../lib/changes/reset.ts";
export {
  AnamoError,
  ConfigError,
  NoItemError,
  NotFoundError,
  RowError,
  TableError,
  UsageError,
} from "../lib/errors.ts";
export type { ToExplain } from "../lib/explain/explain.ts";
export type {
  Because,
  Explanation,
  Help,
  ItemExplanation,
  Reason,
  StepExplanation,
} from "../lib/explain/explanation.ts";
export type { ExportRow } from "../lib/export/export-row.ts";
export type { ExportCounts } from "../lib/export/export-to.ts";
export type { ExportFormat } from "../lib/export/formats.ts";
export { NoReportError, ReportReplacedError } from "../lib/import/await-report.ts";
export type { ProgressClass } from "../lib/items/progress-class.ts";
export type { Cause, ItemState, TaskState } from "../lib/items/states.ts";
export type { JobStates, LockedItem } from "../lib/jobs/job-states.ts";
export type { LaunchReport } from "../lib/launch/launch-report.ts";
export type { StopReport } from "../lib/launch/stop.ts";
export type { LogStream } from "../lib/logs/log-key.ts";
export { LogError, type TaskLog } from "../lib/logs/read-log.ts";
export type { MigrateOptions, MigrateReport } from "../lib/migrate/migrate-from.ts";
export type { FailedExample, Look, StepEnds } from "../lib/notify/look.ts";
export { type EventName, type Known, type News, type NewsOptions, newsOf } from "../lib/notify/news.ts";
export type { SampleProgress, SampleTable, StateCounts } from "../lib/progress/by-sample.ts";
export type { StepRanBefore } from "../lib/progress/late-samples.ts";
export type { FailedDetail } from "../lib/progress/list-failed.ts";
export type { NestedProgress } from "../lib/progress/nested-progress.ts";
export type { FailedItem, Summary } from "../lib/progress/summarize.ts";
export type { WatchOptions } from "../lib/progress/watch.ts";
export type { Report } from "../lib/report/report.ts";
export type { ItemDetail, TaskDetail, TasksDetail } from "../lib/select/describe-item.ts";
export type { ItemField, ItemRecord } from "../lib/select/item-fields.ts";
export type { LeftOut, Unreadable } from "../lib/select/select-ids.ts";
export type { Selector } from "../lib/select/selector.ts";
export type { KeepResult } from "../lib/settings/keep-step.ts";
export type { PauseResult, StepState } from "../lib/settings/pause-step.ts";
export { NewerTableError } from "../lib/store/needs.ts";
export type { Draining, Paused } from "../lib/store/settings.ts";
export type { TableCheck, TableDifference, TableLayout } from "../lib/tables/check-table.ts";
export type { ListedTable } from "../lib/tables/list-tables.ts";
export type { Capacity, CapacityNow, Units } from "../lib/tables/table-capacity.ts";
export type { AddOptions, ItemToAdd } from "./add.ts";
export type { WantedAutoscaling, WantedCapacity } from "./capacity.ts";
export type { ChangeCounts, ChangeOptions, ChangeReport } from "./change.ts";
export type { WorkflowOptions } from "./clients.ts";
export type { SampleOptions } from "./explain.ts";
export type { ExportOptions, ExportPagesOptions } from "./export.ts";
export type { DropFileOptions, DroppedFile, ImportFileOptions, ImportReport } from "./import-file.ts";
export type { ItemsOptions } from "./items.ts";
export type { StartWorkersOptions, WorkflowLaunchOptions, WorkflowStopOptions } from "./launch.ts";
export type { EachLogOptions, FoundLog, LogLine, LogOptions, LogText } from "./logs.ts";
export type { NotInSheet } from "./not-in-sheet.ts";
export type { PersonEvent } from "./person-event.ts";
export type { Outdated, PlanOptions, StudyPlan } from "./plan.ts";
export type { PreviewedItem, PreviewOptions, PreviewRow } from "./preview-file.ts";
export type {
  FailuresOptions,
  NestedSummaryOptions,
  SampleSummary,
  SampleSummaryOptions,
  SummaryOptions,
} from "./progress.ts";
export type { FileItem, FileRow, ReadFileOptions } from "./read-file.ts";
export type { ReportOptions } from "./report.ts";
export type { StoredWorkflow } from "./stored-workflow.ts";
export type { Which } from "./which.ts";
export { METHOD_WORDING, type Needed, type Wording } from "./wording.ts";
export { Workflow } from "./workflow.ts";
