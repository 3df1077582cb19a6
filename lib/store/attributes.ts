/** The one place that spells the stored attribute names. PyAnamo's names keep their spelling. */
export const ATTR = {
  itemId: "itemID",
  taskKey: "taskKey",
  stateKey: "StateKey",
  stateSort: "StateSort",
  taskId: "taskID",
  step: "Step",
  state: "ItemState",
  taskState: "TaskState",
  script: "TaskScript",
  priority: "Priority",
  nestedTasks: "Nested_Tasks",
  tasksDone: "Tasks_Done",
  attempt: "Attempt",
  failures: "Failures",
  interruptions: "Interruptions",
  losses: "Losses",
  maxAttempts: "MaxAttempts",
  timeoutMs: "TimeoutMs",
  leaseMs: "LeaseMs",
  lockId: "lockID",
  instance: "InstanceID",
  jobAttempt: "JobAttempt",
  lockDate: "Lock_Date",
  leaseExpiresAtMs: "LeaseExpiresAtMs",
  readyAtMs: "ReadyAtMs",
  doneDate: "Done_Date",
  scriptsHash: "Scripts_Hash",
  source: "Source",
  /** who writes the item's nested tasks, and since when: { token, sinceMs } */
  parked: "Importing",
  tasksEpoch: "Tasks_Epoch",
  scripts: "TaskScripts",
  /** arguments by task name, on the rows that hold the scripts; only if the scripts were made from arguments */
  args: "TaskArgs",
  epoch: "Epoch",
  redo: "Redo",
  after: "After",
  afterAll: "AfterAll",
  afterItems: "AfterItems",
  allowFailed: "AllowFailed",
  inputs: "Inputs",
  /**
   * what to re-evaluate when this item ends or, on a gate, when an import ends or an item is added: see depend/wakes.ts
   */
  wakes: "Wakes",
  opening: "Opening",
  cause: "Cause",
  exitCode: "ExitCode",
  signal: "Signal",
  message: "Message",
  wallSeconds: "WallSeconds",
  cpuSeconds: "CpuSeconds",
  peakMemoryBytes: "PeakMemoryBytes",
  log: "Log",
  logBytes: "Log_Length",
  logKeys: "Log_Keys",
  /** the result that counts: that of the last attempt that succeeded: see results-on-row.ts */
  results: "Results",
  /** marks that results of this attempt and earlier ones are removed, or about to be: see results-on-row.ts */
  removal: "Results_Removed",
} as const;

/** A row as it is stored: attribute names and plain values. */
export type Row = Record<string, unknown>;

/** The attributes that describe how a run ended. They change together. */
export const OUTCOME_ATTRIBUTES = [
  ATTR.cause,
  ATTR.exitCode,
  ATTR.signal,
  ATTR.message,
  ATTR.wallSeconds,
  ATTR.cpuSeconds,
  ATTR.peakMemoryBytes,
  ATTR.log,
  ATTR.logBytes,
  ATTR.logKeys,
] as const;
