import { UsageError } from "../errors.ts";
import { isoDate } from "../iso-date.ts";
import type { Item, ItemEntry, Log, Outcome, Results } from "../items/item.ts";
import { type NamedSettings, namedSettings, SETTING_SPECS, type SettingName } from "../items/item-settings.ts";
import { type ProgressClass, progressClass } from "../items/progress-class.ts";
import type { Cause, ItemState } from "../items/states.ts";
import { ATTR, type Row } from "../store/attributes.ts";

/** The requested fields of an item; fields that it does not have are absent. Dates are ISO 8601 UTC. */
export interface ItemRecord extends NamedSettings {
  itemID?: string;
  taskID?: string;
  step?: string;
  state?: ItemState;
  /** 0 for a plain item */
  nestedTasks?: number;
  tasksDone?: number;
  progress?: ProgressClass;
  cause?: Cause;
  exitCode?: number;
  readyAt?: string;
  /** when it became done, failed or held */
  endedAt?: string;
  script?: string;
  attempt?: number;
  failures?: number;
  interruptions?: number;
  losses?: number;
  /** the worker that has it, or had it last */
  instance?: string;
  jobAttempt?: number;
  lockID?: string;
  lockedAt?: string;
  leaseExpiresAt?: string;
  signal?: string;
  message?: string;
  wallSeconds?: number;
  cpuSeconds?: number;
  peakMemoryBytes?: number;
  stdout?: string;
  stderr?: string;
  tagged?: string[];
  log?: Log;
  logBytes?: number;
  logKeys?: NonNullable<Outcome["logKeys"]>;
  /** what a plain item has published */
  results?: Results;
  /** when the results of its last attempt were removed because nothing needed them any more, ISO 8601 UTC */
  resultsRemovedAt?: string;
  source?: string;
  /** what it waits for, or waited for */
  after?: readonly string[];
  afterAll?: readonly string[];
  afterItems?: readonly string[];
  allowFailed?: string;
  /** what its scripts find in `./inputs/` */
  inputs?: readonly string[];
}

export type ItemField = keyof ItemRecord;

/** An item's row, parsed and as stored: only the stored row says who last had an item that is not locked. */
export interface ItemRow {
  item: Item;
  row: Row;
}

/** Fields that the index holds, which need no rows. */
const INDEX_FIELDS: { [K in ItemField]?: (entry: ItemEntry) => ItemRecord[K] } = {
  itemID: (entry) => entry.itemId,
  taskID: (entry) => entry.taskId,
  step: (entry) => entry.step,
  state: (entry) => entry.state,
  nestedTasks: (entry) => (entry.longScript ? 0 : entry.nestedTasks),
  tasksDone: (entry) => (entry.longScript ? 0 : entry.tasksDone),
  progress: (entry) => (entry.state === "done" ? "done" : progressClass(entry.tasksDone, entry.nestedTasks || 1)),
  cause: (entry) => entry.cause,
  exitCode: (entry) => entry.exitCode,
  readyAt: (entry) => date(entry.readyAtMs),
  endedAt: (entry) => date(entry.endedAtMs),
};

/** The priority is listed separately from the other settings. */
const { priority, ...OTHER_SETTINGS } = Object.fromEntries(
  SETTING_SPECS.map(({ name }) => [name, ({ item }: ItemRow) => namedSettings(item)[name]]),
) as { [N in SettingName]: (stored: ItemRow) => number | undefined };

const ROW_FIELDS: { [K in ItemField]?: (stored: ItemRow) => ItemRecord[K] } = {
  script: ({ item }) => item.script,
  priority,
  attempt: ({ item }) => item.attempt,
  failures: ({ item }) => item.failures,
  interruptions: ({ item }) => item.interruptions,
  losses: ({ item }) => item.losses,
  ...OTHER_SETTINGS,
  instance: ({ row }) => text(row[ATTR.instance]),
  jobAttempt: ({ row }) => Number(row[ATTR.jobAttempt] ?? 0) || undefined,
  lockID: ({ row }) => text(row[ATTR.lockId]),
  lockedAt: ({ row }) => text(row[ATTR.lockDate]),
  leaseExpiresAt: ({ item }) => date(item.lock?.leaseExpiresAtMs),
  signal: ({ item }) => item.outcome?.signal,
  message: ({ item }) => item.outcome?.message,
  wallSeconds: ({ item }) => item.outcome?.wallSeconds,
  cpuSeconds: ({ item }) => item.outcome?.cpuSeconds,
  peakMemoryBytes: ({ item }) => item.outcome?.peakMemoryBytes,
  stdout: ({ item }) => item.outcome?.log?.stdout,
  stderr: ({ item }) => item.outcome?.log?.stderr,
  tagged: ({ item }) => item.outcome?.log?.tagged,
  log: ({ item }) => item.outcome?.log,
  logBytes: ({ item }) => item.outcome?.logBytes,
  logKeys: ({ item }) => item.outcome?.logKeys,
  results: ({ item }) => item.results,
  resultsRemovedAt: ({ item: { removal, attempt } }) =>
    removal && removal.phase !== "asked" && removal.attempt >= attempt ? date(removal.atMs) : undefined,
  source: ({ item }) => item.source,
  after: ({ item }) => item.after,
  afterAll: ({ item }) => item.afterAll,
  afterItems: ({ item }) => item.afterItems,
  allowFailed: ({ item }) => item.allowFailed,
  inputs: ({ item }) => item.inputs,
};

/** What lists show by default. */
export const DEFAULT_FIELDS = Object.keys(INDEX_FIELDS) as ItemField[];
/** All fields. */
export const ITEM_FIELDS = [...DEFAULT_FIELDS, ...(Object.keys(ROW_FIELDS) as ItemField[])];

/** PyAnamo's names, where they differ from ours by more than case and underscores. */
const PYANAMO_NAMES: Readonly<Record<string, ItemField>> = {
  itemstate: "state",
  taskscript: "script",
  instanceid: "instance",
  lockdate: "lockedAt",
  donedate: "endedAt",
  loglength: "logBytes",
};

/** Reads `a,b,…`: our names or PyAnamo's, in any case. Throws a UsageError that lists all fields for an unknown one. */
export function parseFields(list: string | readonly string[]): ItemField[] {
  const names = (typeof list === "string" ? list.split(",") : list).map((name) => name.trim()).filter(Boolean);
  if (names.length === 0) throw new UsageError(`fields: expected some of ${ITEM_FIELDS.join(", ")}, found none`);
  return [...new Set(names.map(parseField))];
}

function parseField(name: string): ItemField {
  const wanted = name.toLowerCase().replaceAll("_", "");
  const found = ITEM_FIELDS.find((field) => field.toLowerCase() === wanted) ?? PYANAMO_NAMES[wanted];
  if (found) return found;
  throw new UsageError(`fields: expected some of ${ITEM_FIELDS.join(", ")}, found "${name}"`);
}

/** Whether any of these fields needs the item's row. */
export function needsRows(fields: readonly ItemField[]): boolean {
  return fields.some((field) => field in ROW_FIELDS);
}

const OF_TASK: readonly ItemField[] = [
  "script",
  "signal",
  "message",
  "stdout",
  "stderr",
  "tagged",
  "log",
  "logBytes",
  "logKeys",
  "results",
];

/** Whether, for an item with a long script, this field is on the row of its task. */
export function isOfTask(field: ItemField): boolean {
  return OF_TASK.includes(field);
}

/** The requested fields of an item; without its row, fields that need it are absent. */
export function recordOf(fields: readonly ItemField[], entry: ItemEntry, stored?: ItemRow): ItemRecord {
  const record: Record<string, unknown> = {};
  for (const field of fields) {
    const value = INDEX_FIELDS[field]?.(entry) ?? (stored && ROW_FIELDS[field]?.(stored));
    if (value !== undefined) record[field] = value;
  }
  return record;
}

function date(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoDate(ms);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
