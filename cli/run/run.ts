import { join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { changeItems } from "../../lib/changes/change-items.ts";
import { toReset } from "../../lib/changes/reset.ts";
import { batchClient, dynamoClient, s3Client } from "../../lib/clients.ts";
import { AnamoError, UsageError } from "../../lib/errors.ts";
import { awaitReport, type ImportReport, marksOf } from "../../lib/import/await-report.ts";
import { type DropOptions, placeOf, upload } from "../../lib/import/drop.ts";
import type { Reconciled } from "../../lib/jobs/reconcile.ts";
import { countClaimable } from "../../lib/progress/count-claimable.ts";
import { listFailed } from "../../lib/progress/list-failed.ts";
import { type Summary, summarize } from "../../lib/progress/summarize.ts";
import { liftDrain } from "../../lib/settings/drain.ts";
import { openTable, type Table } from "../../lib/table.ts";
import type { FunctionReport } from "../../local/functions.ts";
import { JOB_DEFINITION, JOB_QUEUE, type Stack, startStack } from "../../local/stack.ts";
import { importLine } from "../import/import-text.ts";
import { counted } from "../output/counted.ts";
import { Crew } from "./crew.ts";
import { examplesOf, resumeFailed } from "./held-up.ts";
import type { Progress } from "./progress.ts";
import { runAgain, saveRejected } from "./rejected-rows.ts";
import type { RunResult } from "./show.ts";
import { startFaster, workerCommand } from "./worker-command.ts";

/** What `anamo run` is told, checked. */
export interface RunOptions {
  file: string;
  imports: DropOptions;
  dir: string;
  table: string;
  bucket: string;
  workers: number;
  maxAttempts: number;
  /** starts items over that failed in an earlier run */
  retryFailed: boolean;
  /** variables of the workers: what they do at a time, the pipeline's folder */
  workerEnv: Readonly<Record<string, string>>;
}

/** The summary is read at most for this share of the time: reading a long list takes a while. */
const SUMMARY_SHARE = 0.1;
const LEAST_PAUSE_MS = 250;
/** The third net, for what the events of jobs did not catch. */
const SWEEP_MS = 15_000;

/**
 * Runs a task file to its end on the embedded stack: everything goes the way that it goes on AWS, from the bucket by
 * the import function and the workers' jobs to the summary. Rejects with the signal's reason when that is aborted.
 */
export async function run(
  options: RunOptions,
  progress: Progress,
  signal: AbortSignal,
  hurry: (act: () => void) => void,
) {
  const startedAt = performance.now();
  const dir = resolve(options.dir);
  const broken = new AbortController();
  let crew: Crew | undefined;
  const stack = await startStack({
    dir,
    table: options.table,
    bucket: options.bucket,
    workerCommand: workerCommand(),
    maxRunning: options.workers,
    jobDefinition: { environment: startFaster(dir) },
    schedule: { sweepMs: SWEEP_MS },
    onFunction: (report) => {
      if (onFunction(report, progress, broken)) crew?.sawWork();
    },
  });
  hurry(() => void stack.close(0));
  const client = dynamoClient(stack.env);
  const [s3, batch] = [s3Client(stack.env), batchClient(stack.env)];
  try {
    const table = openTable(options.table, client);
    const ends = AbortSignal.any([signal, broken.signal]);
    crew = new Crew({
      ...{ batch, jobQueue: JOB_QUEUE, jobDefinition: JOB_DEFINITION, size: options.workers },
      environment: {
        ...options.workerEnv,
        ...{ ANAMO_MAX_ATTEMPTS: String(options.maxAttempts), ANAMO_WAIT: "1" },
        ...{ ANAMO_POLL_SECONDS: "0.1", ANAMO_MAX_POLL_SECONDS: "0.5" },
      },
    });
    // whoever types this wants it to go on
    if (await liftDrain(table)) progress.say("the table was drained, and is not any more");
    if (options.retryFailed) {
      for (const step of await resumeFailed(table)) progress.say(`step ${step} goes on`);
      progress.say(`${counted(await startOverFailed(table), "failed item")} to be tried again`);
    }
    const before = await marksOf(s3, placeOf(options.bucket, options.file, options.imports));
    const place = await upload(s3, options.bucket, options.file, options.imports);
    const imported = awaitReport(s3, place, before, { signal: ends }).then((report) => {
      onImported(report, options, progress);
      return report;
    });
    imported.catch(() => {}); // it is waited for below; until then its failure is no unhandled one
    // a worker must not take what the list is about to give another script
    if (options.imports.onDuplicate === "reset") await imported;
    await Promise.race([crew.start(), imported]);
    const summary = await untilDone(() => summarize(table), imported, crew, progress, ends);
    progress.end();
    const found = [imported, listFailed(table), examplesOf(table, summary)] as const;
    const [report, failed, examples] = await Promise.all(found);
    const rejectedFile = await saveRejected(s3, options.bucket, report, dir);
    const result: RunResult = {
      ...{ summary, failed, examples, imported: report, durationMs: performance.now() - startedAt },
      rejected: rejectedFile ? { file: rejectedFile, command: runAgain(rejectedFile, options) } : undefined,
      dir: options.dir,
      places: placesOf(options, stack, report),
    };
    return result;
  } finally {
    progress.end();
    await stack.close();
    for (const used of [client, s3, batch]) used.destroy();
  }
}

function onImported(report: ImportReport, { file }: RunOptions, progress: Progress): void {
  if (report.status === "rejected") throw new UsageError(`${file}: ${report.message}`);
  progress.say(importLine(report));
}

/** Tells what a person should know of a function that has run; true if a dead worker is found to have claimed something. */
function onFunction(report: FunctionReport, progress: Progress, broken: AbortController): boolean {
  if (report.outcome === "ok" && report.name === "reconcile") {
    const { freed, failed } = { freed: [], failed: [], ...(report.result as Partial<Reconciled>) };
    if (freed.length > 0) progress.say(`a worker has died; given back: ${freed.join(", ")}`);
    if (failed.length > 0) progress.say(`a worker has died once too often with: ${failed.join(", ")}`);
    return freed.length + failed.length > 0;
  }
  if (report.outcome === "failed") {
    const why = `the ${report.name} function failed: ${report.error?.message}`;
    if (report.name === "import") broken.abort(new AnamoError("function", why, { cause: report.error }));
    else progress.say(why);
  }
  return false;
}

/**
 * Shows how far it is, again and again, until the file is imported and nothing is left that workers would take. Throws
 * what ends it.
 */
async function untilDone(
  look: () => Promise<Summary>,
  imported: Promise<ImportReport>,
  crew: Crew,
  progress: Progress,
  signal: AbortSignal,
): Promise<Summary> {
  let isImported = false;
  let emptyAt: number | undefined;
  const importing = imported.then(() => {
    isImported = true;
  });
  importing.catch(() => {});
  while (true) {
    signal.throwIfAborted();
    const [wasImported, startedAt] = [isImported, performance.now()];
    const summary = await look();
    progress.show(summary);
    const total = Object.values(summary.items).reduce((sum, count) => sum + count, 0);
    const isOver = wasImported && countClaimable(summary) + summary.items.locked === 0;
    // a summary is no one moment: an item on its way between two states may be in neither, so two must agree
    if (isOver && total === emptyAt) return summary;
    emptyAt = isOver ? total : undefined;
    if (isOver) continue;
    await crew.keepUp();
    const tookMs = performance.now() - startedAt;
    // an abort only cuts the pause short: the head of the loop throws its reason
    const pause = sleep(Math.max(LEAST_PAUSE_MS, tookMs / SUMMARY_SHARE), undefined, { signal }).catch(() => {});
    await (isImported ? pause : Promise.race([pause, importing]));
  }
}

async function startOverFailed(table: Table): Promise<number> {
  let changed = 0;
  await changeItems(table, { states: ["failed"] }, toReset(), {
    tell: ({ result }) => {
      if (result === "changed") changed++;
    },
  });
  return changed;
}

function placesOf({ dir, table, bucket }: RunOptions, stack: Stack, report: ImportReport) {
  return [
    ["table", `${table}, in ${shown(join(dir, "dynamodb"))}`],
    ["bucket", `${bucket}, in ${shown(join(dir, "s3"))} (report: ${report.reportKey})`],
    ["workers", `their own logs are in ${shown(stack.logDir)}`],
  ] as const;
}

/** A path as short as it can be from here. */
function shown(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? resolve(path) : fromHere;
}
