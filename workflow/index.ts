/* What `import … from "anamo"` gives: the class, the errors that it throws, and the types of all that goes in and out. */

export type { OnDuplicate } from "../lib/add.ts";
export { type AddedItem, ItemProblemsError } from "../lib/add-checked.ts";
export type { Autoscaling } from "../lib/autoscaling/plan.ts";
export { ScalingError } from "../lib/autoscaling/reach.ts";
export type { AutoscalingNow, Scaled } from "../lib/autoscaling/read.ts";
export type { AutoscalingSet } from "../lib/autoscaling/set.ts";
export type { SampleProgress, StateCounts } from "../lib/by-sample.ts";
export type { ItemChange } from "../lib/change-items.ts";
export type { TableCheck, TableDifference, TableLayout } from "../lib/check-table.ts";
export type { Env } from "../lib/clients.ts";
export type { DeleteOptions } from "../lib/delete-items.ts";
export type { ItemDetail, TaskDetail, TasksDetail } from "../lib/describe-item.ts";
export { NoReportError } from "../lib/drop-file/await-report.ts";
export { AnamoError, ConfigError, RowError, TableError, UsageError } from "../lib/errors.ts";
export type { ItemField, ItemRecord } from "../lib/item-fields.ts";
export type { JobStates, LockedItem } from "../lib/job-states.ts";
export type { LaunchReport } from "../lib/launch.ts";
export type { ListedTable } from "../lib/list-tables.ts";
export type { LogStream } from "../lib/log-key.ts";
export { NoItemError } from "../lib/log-owners.ts";
export type { MigrateOptions, MigrateReport } from "../lib/migrate-from.ts";
export type { NestedProgress } from "../lib/nested-progress.ts";
export type { PauseResult, StepState } from "../lib/pause-step.ts";
export { LogError } from "../lib/read-log.ts";
export type { ResetOptions } from "../lib/reset.ts";
export type { LeftOut, Selector } from "../lib/selectors.ts";
export type { Draining, Paused } from "../lib/settings.ts";
export type { Cause, ItemState, TaskState } from "../lib/states.ts";
export type { StopReport } from "../lib/stop.ts";
export type { FailedItem, Summary } from "../lib/summarise.ts";
export type { Capacity, CapacityNow, Units } from "../lib/table-capacity.ts";
export type { ProgressClass } from "../lib/tally.ts";
export type { WatchOptions } from "../lib/watch.ts";
export type { AddOptions, ItemToAdd } from "./add.ts";
export type { ChangeOptions, ChangeReport } from "./change.ts";
export type { DropFileOptions, DroppedFile, FileRow, ImportFileOptions, ImportReport } from "./import-file.ts";
export type { WorkflowLaunchOptions, WorkflowStopOptions } from "./launch.ts";
export type { LogLine, LogOptions, LogText } from "./logs.ts";
export type { Which } from "./which.ts";
export {
  type ItemsOptions,
  type NestedSummaryOptions,
  type SampleSummary,
  type SampleSummaryOptions,
  type SummaryOptions,
  Workflow,
  type WorkflowOptions,
} from "./workflow.ts";
