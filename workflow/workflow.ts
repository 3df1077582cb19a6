import type { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import type { BatchClient } from "@aws-sdk/client-batch";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Autoscaling } from "../lib/autoscaling/plan.ts";
import type { Scalers } from "../lib/autoscaling/reach.ts";
import { type AutoscalingNow, autoscalingNow, type Scaled } from "../lib/autoscaling/read.ts";
import { type AutoscalingSet, autoscale, endAutoscaling } from "../lib/autoscaling/set.ts";
import type { AddedItem } from "../lib/changes/add-checked.ts";
import { type DeleteOptions, toDelete } from "../lib/changes/delete-items.ts";
import { toHold, toUnhold } from "../lib/changes/hold.ts";
import { type ResetOptions, toReset } from "../lib/changes/reset.ts";
import { batchClient, dynamoClient, type Env, s3Client, scalingClient } from "../lib/clients.ts";
import { ConfigError, UsageError } from "../lib/errors.ts";
import { describeJobsWith } from "../lib/jobs/describe-jobs.ts";
import { type JobStates, jobStates } from "../lib/jobs/job-states.ts";
import type { LaunchReport } from "../lib/launch/launch-report.ts";
import type { StopReport } from "../lib/launch/stop.ts";
import { type MigrateOptions, type MigrateReport, migrateFrom } from "../lib/migrate/migrate-from.ts";
import { bySample, type SampleProgress, type SampleTable } from "../lib/progress/by-sample.ts";
import { type NestedProgress, nestedProgress } from "../lib/progress/nested-progress.ts";
import { type Summary, summarize } from "../lib/progress/summarize.ts";
import { type WatchOptions, watch } from "../lib/progress/watch.ts";
import { describeItem, type ItemDetail } from "../lib/select/describe-item.ts";
import { DEFAULT_FIELDS, type ItemField, type ItemRecord, parseFields } from "../lib/select/item-fields.ts";
import { listItems } from "../lib/select/list-items.ts";
import type { LeftOut } from "../lib/select/select-ids.ts";
import { selectItems } from "../lib/select/selectors.ts";
import { liftDrain } from "../lib/settings/drain.ts";
import { listSteps, type PauseResult, pauseStep, resumeStep, type StepState } from "../lib/settings/pause-step.ts";
import { SettingsCache } from "../lib/store/settings-cache.ts";
import { openTable, type Table } from "../lib/table.ts";
import { checkTable, type TableCheck } from "../lib/tables/check-table.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { deleteTable } from "../lib/tables/delete-table.ts";
import { type ListedTable, listTables } from "../lib/tables/list-tables.ts";
import { type Capacity, type CapacityNow, readCapacity, setCapacity } from "../lib/tables/table-capacity.ts";
import { currentUser } from "../lib/who.ts";
import { type AddOptions, addOne, type ItemToAdd } from "./add.ts";
import { type ChangeOptions, type ChangeReport, changeAll } from "./change.ts";
import {
  type DropFileOptions,
  type DroppedFile,
  dropFile,
  type FileRow,
  type ImportFileOptions,
  type ImportReport,
  importFile,
  readRows,
} from "./import-file.ts";
import { launchWorkers, stopWorkers, type WorkflowLaunchOptions, type WorkflowStopOptions } from "./launch.ts";
import { type LogLine, type LogOptions, type LogText, logLines, logTexts } from "./logs.ts";
import { partsOf, type Which } from "./which.ts";

/** Where the workflow is. */
export interface WorkflowOptions {
  /** `ANAMO_TABLE` (or `PYANAMO_TABLE`) of `env` unless told */
  table?: string;
  /** `ANAMO_BUCKET` (or `S3_BUCKET`) of `env` unless told; needed for imports and for logs too long for the table */
  bucket?: string;
  region?: string;
  /** in place of `process.env`: region, endpoints and credentials under the names that the AWS SDK gives them */
  env?: Env;
}

/** Which progress is wanted; of steps, only these. */
export type SummaryOptions = NestedSummaryOptions | SampleSummaryOptions;
/** Nested items by how many of their tasks are done; with `items` the itemIDs of each class, too. */
export type NestedSummaryOptions = { nested: true; items?: boolean; steps?: readonly string[] };
/** Samples against steps. */
export type SampleSummaryOptions = { bySample: true; steps?: readonly string[] };
/** Samples against steps, as plain data. */
export type SampleSummary = Omit<SampleTable, "samples"> & { samples: SampleProgress[] };

/** What is to be told of listed items. */
export interface ItemsOptions {
  /** names of ours or of PyAnamo's; what costs no reading of rows unless told */
  fields?: string | readonly (ItemField | (string & {}))[];
  /** told of each itemID given that is not there, or is not as the rest of the selection wants it */
  onLeftOut?: (leftOut: LeftOut) => void;
}

/**
 * One workflow: a table, the bucket that goes with it, and all that a person may do to them, one method for each command
 * of `anamo`. Methods that list give async iterators, all others promises of plain data.
 */
export class Workflow {
  readonly #env: Env;
  readonly #bucket: string | undefined;
  readonly #dynamo: DynamoDBClient;
  #s3: S3Client | undefined;
  #batch: BatchClient | undefined;
  #scaling: ApplicationAutoScalingClient | undefined;
  #open: { table: Table; settings: SettingsCache } | undefined;

  constructor({ table, bucket, region, env = process.env }: WorkflowOptions = {}) {
    // a variable that is set to nothing is as good as not set
    const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
    this.#env = region ? { ...set, AWS_REGION: region } : set;
    this.#bucket = bucket ?? set.ANAMO_BUCKET ?? set.S3_BUCKET;
    this.#dynamo = dynamoClient(this.#env);
    const name = table ?? set.ANAMO_TABLE ?? set.PYANAMO_TABLE;
    if (name) this.useTable(name);
  }

  /** Ends the connections; whatever is under way fails. */
  close(): void {
    for (const client of [this.#dynamo, this.#s3, this.#batch, this.#scaling]) client?.destroy();
  }

  // --- tables ---

  /** The name of the table in use. */
  get table(): string {
    return this.#use.table.name;
  }

  /** Works on another table of the region from here on. */
  useTable(name: string): this {
    const table = openTable(name, this.#dynamo);
    this.#open = { table, settings: new SettingsCache(table) };
    return this;
  }

  /** Makes the table if it is not there, and waits until it can be used. */
  async createTable(options: { shards?: number; timeoutMs?: number } = {}): Promise<"created" | "existed"> {
    const outcome = await createTable(this.#dynamo, this.table, options);
    this.useTable(this.table); // what was known of another table of that name is not so any more
    return outcome;
  }

  /** Compares the table with what anamo works with. */
  checkTable(): Promise<TableCheck> {
    return checkTable(this.#dynamo, this.table);
  }

  /** Deletes the table with all that is in it, unasked, and waits until it is gone. */
  deleteTable(options: { timeoutMs?: number } = {}): Promise<"deleted" | "missing"> {
    return deleteTable(this.#dynamo, this.table, options);
  }

  /** All tables of the account and region. */
  listTables(): AsyncGenerator<ListedTable> {
    return listTables(this.#dynamo);
  }

  /** What the capacity of the table and its index is set to, and what scales them, if that can be asked. */
  async capacity(): Promise<CapacityNow & AutoscalingNow> {
    const capacity = await readCapacity(this.#dynamo, this.table);
    return { ...capacity, ...(await autoscalingNow(this.#scalers, this.table)) };
  }

  /** Sets the capacity of the table and its index, and waits until it holds. */
  setCapacity(
    capacity: Capacity,
    options: { timeoutMs?: number } = {},
  ): Promise<{ changed: boolean; now: CapacityNow }> {
    return setCapacity(this.#dynamo, this.table, capacity, options);
  }

  /** Has the table and its index scale between two capacities, off the on-demand mode if need be. */
  autoscale(wanted: Autoscaling, options: { timeoutMs?: number } = {}): Promise<AutoscalingSet> {
    return autoscale(this.#scalers, this.table, wanted, options);
  }

  /** Ends the scaling; capacities stay as they are. Gives what was scaled. */
  endAutoscaling(): Promise<Scaled[]> {
    return endAutoscaling(this.#scalers, this.table);
  }

  /** Brings the items of a table of PyAnamo's over; changes nothing in that. */
  migrateFrom(oldTable: string, options: MigrateOptions = {}): Promise<MigrateReport> {
    return migrateFrom({ client: this.#dynamo, ...this.#use }, oldTable, options);
  }

  // --- adding ---

  /** Adds one item. Throws an ItemProblemsError with all that is wrong with it. */
  add(item: ItemToAdd, options: AddOptions = {}): Promise<AddedItem> {
    return addOne(this.#use.table, item, options);
  }

  /**
   * Drops a task file of this machine into the bucket and waits for what the import function makes of it. Throws a
   * NoReportError when no report comes.
   */
  async importFile(file: string, options: ImportFileOptions = {}): Promise<ImportReport> {
    const { s3, bucket } = this.#needBucket();
    return importFile(s3, bucket, file, options);
  }

  /** Drops a task file of this machine into the bucket and waits for nothing. */
  async dropFile(file: string, options: DropFileOptions = {}): Promise<DroppedFile> {
    const { s3, bucket } = this.#needBucket();
    return dropFile(s3, bucket, file, options);
  }

  /** Reads a task file as an import would, and touches nothing: what it would add, and what is wrong with it. */
  readFile(
    file: string,
    options: Pick<ImportFileOptions, "step" | "delimiter" | "nestedDelimiter"> = {},
  ): AsyncGenerator<FileRow> {
    return readRows(file, options);
  }

  // --- watching ---

  /** How far the table is: by step and state; nested items by their progress; or samples against steps. */
  summary(options?: undefined): Promise<Summary>;
  summary(options: NestedSummaryOptions): Promise<NestedProgress>;
  summary(options: SampleSummaryOptions): Promise<SampleSummary>;
  async summary(options?: SummaryOptions): Promise<Summary | NestedProgress | SampleSummary> {
    const { table } = this.#use;
    if (!options) return summarize(table);
    if ("nested" in options) return nestedProgress(table, options);
    const found = await bySample(table, options);
    return { ...found, samples: [...found.samples] };
  }

  /** The summary again and again, the first time at once; with `nested` that of the nested items. */
  watch(options?: WatchOptions & { nested?: false }): AsyncGenerator<Summary>;
  watch(options: WatchOptions & { nested: true }): AsyncGenerator<NestedProgress>;
  watch({ nested, ...options }: WatchOptions & { nested?: boolean } = {}): AsyncGenerator<Summary | NestedProgress> {
    const { table } = this.#use;
    return watch<Summary | NestedProgress>(() => (nested ? nestedProgress(table) : summarize(table)), options);
  }

  /** Items: all, or those that are selected. */
  async *items(which: Which = {}, { fields, onLeftOut }: ItemsOptions = {}): AsyncGenerator<ItemRecord> {
    const { table } = this.#use;
    const wanted = fields === undefined ? DEFAULT_FIELDS : parseFields(fields);
    const { all: _, ...selector } = partsOf(which);
    const selected = selectItems(table, selector, onLeftOut);
    for await (const page of listItems(table, selected, wanted)) yield* page;
  }

  /** Everything of one item; nothing if there is no such item. */
  show(itemID: string): Promise<ItemDetail | undefined> {
    return describeItem(this.#use.table, itemID);
  }

  /** What tasks printed, whole, wherever it lies: a text for each task. */
  logs(which: Which, options: LogOptions = {}): AsyncGenerator<LogText> {
    return logTexts(this.#logSource(), which, options);
  }

  /** {@link logs} line by line, so that it does not matter how long they are. */
  logLines(which: Which, options: LogOptions = {}): AsyncGenerator<LogLine> {
    return logLines(this.#logSource(), which, options);
  }

  /** The locked items by the state of the Batch job that has them. */
  jobs(): Promise<JobStates> {
    const { table } = this.#use;
    return jobStates(table, describeJobsWith(this.#useBatch()));
  }

  // --- workers and steps ---

  /** Starts as many workers on Batch as the waiting items ask for, in one call; says why none, or not more. */
  launch(options: WorkflowLaunchOptions = {}): Promise<LaunchReport> {
    return launchWorkers(this.#use, this.#env, this.#useBatch(), options);
  }

  /** Has workers claim nothing more, waits for them, and ends what is left of their jobs. */
  stop(options: WorkflowStopOptions = {}): Promise<StopReport> {
    return stopWorkers(this.#use, this.#env, this.#useBatch(), options);
  }

  /** Takes a stop back, and starts nothing; false if there was none. */
  liftStop(): Promise<boolean> {
    const { table } = this.#use;
    return liftDrain(table);
  }

  /** The steps of the table, and which of them are paused. */
  steps(): Promise<StepState[]> {
    return listSteps(this.#use.table);
  }

  /** Has workers, and launches, leave a step alone; what runs goes on. */
  pauseStep(step: string, { why }: { why?: string } = {}): Promise<PauseResult> {
    const { table } = this.#use;
    return pauseStep(table, step, { by: currentUser(), ...(why !== undefined && { why }) });
  }

  /** Lets workers take items of a step again, and counts its first failures anew. */
  resumeStep(step: string): Promise<PauseResult> {
    const { table } = this.#use;
    return resumeStep(table, step);
  }

  // --- changing ---

  /** Starts items over, whatever state they are in; of nested ones the tasks that are not done. */
  reset(which: Which, options: ResetOptions & ChangeOptions = {}): Promise<ChangeReport> {
    return changeAll(this.#use, "reset", which, toReset(options), options);
  }

  /** Starts nested tasks over, with their items; an empty list changes nothing. */
  resetTasks(
    which: Which,
    tasks: "all" | readonly string[],
    options: Omit<ResetOptions, "tasks"> & ChangeOptions = {},
  ): Promise<ChangeReport> {
    return changeAll(this.#use, "resetTasks", which, toReset({ ...options, tasks }), options);
  }

  /** Parks items that wait, so that nobody claims them; with `force` those that a worker has, too. */
  hold(which: Which, options: { force?: boolean } & ChangeOptions = {}): Promise<ChangeReport> {
    return changeAll(this.#use, "hold", which, toHold(options), options);
  }

  /** Lets held items be claimed again; with `force` those that a worker has, too. */
  release(which: Which, options: { force?: boolean } & ChangeOptions = {}): Promise<ChangeReport> {
    return changeAll(this.#use, "release", which, toUnhold(options), options);
  }

  /** Deletes items with their tasks; logs in the bucket stay. */
  async delete(which: Which, options: Omit<DeleteOptions, "tasks"> & ChangeOptions = {}): Promise<ChangeReport> {
    if ("tasks" in options) throw new UsageError("delete: it deletes whole items; deleteTasks deletes tasks");
    return changeAll(this.#use, "delete", which, toDelete({ force: options.force === true }), options);
  }

  /** Deletes single nested tasks, never all of an item; an empty list deletes nothing. */
  async deleteTasks(
    which: Which,
    tasks: readonly string[],
    options: Omit<DeleteOptions, "tasks"> & ChangeOptions = {},
  ): Promise<ChangeReport> {
    // a copy: of something undefined there is none, and nothing at all must not mean whole items
    return changeAll(this.#use, "deleteTasks", which, toDelete({ ...options, tasks: [...tasks] }), options);
  }

  get #use(): { table: Table; settings: SettingsCache } {
    if (this.#open) return this.#open;
    throw new ConfigError("no table is named: give the option table, or set ANAMO_TABLE");
  }

  get #scalers(): Scalers {
    this.#scaling ??= scalingClient(this.#env);
    return { dynamo: this.#dynamo, scaling: this.#scaling };
  }

  #useBatch(): BatchClient {
    this.#batch ??= batchClient(this.#env);
    return this.#batch;
  }

  #needBucket(): { s3: S3Client; bucket: string } {
    if (this.#bucket === undefined) {
      throw new ConfigError("no bucket is named: give the option bucket, or set ANAMO_BUCKET");
    }
    this.#s3 ??= s3Client(this.#env);
    return { s3: this.#s3, bucket: this.#bucket };
  }

  #logSource() {
    // short logs can be read without a bucket
    return { ...this.#use, bucket: this.#bucket === undefined ? undefined : this.#needBucket() };
  }
}
