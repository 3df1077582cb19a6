import { join, relative, resolve } from "node:path";
import { AnamoError, UsageError } from "../../lib/errors.ts";
import type { Counts } from "../../lib/import/ledger.ts";
import { shownInput } from "../../lib/input.ts";
import type { Reconciled } from "../../lib/jobs/reconcile.ts";
import type { Look } from "../../lib/notify/look.ts";
import type { Summary } from "../../lib/progress/summarize.ts";
import { databaseEnd } from "../../local/database-end.ts";
import type { FunctionReport } from "../../local/functions.ts";
import { JOB_DEFINITION, JOB_QUEUE, type Stack, startStack } from "../../local/stack.ts";
import type { DropFileOptions, ImportReport } from "../../workflow/import-file.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { commandLog } from "../events/command-log.ts";
import { OnEvent } from "../events/on-event.ts";
import { importLine, partLine } from "../import/import-text.ts";
import { willFailText } from "../import/sheet-remarks.ts";
import { reportUnknownSteps } from "../output/unknown-steps.ts";
import { localPlace } from "../report/page-file.ts";
import { startFaster, workerCommand } from "../worker-command.ts";
import { Crew } from "./crew.ts";
import { EndsNowAndThen, type TakeSummary } from "./ends-now-and-then.ts";
import { examplesOf } from "./held-up.ts";
import { leftFilesSince } from "./left-files.ts";
import { oldCommandsOf } from "./old-commands.ts";
import { RunPage } from "./page.ts";
import type { Progress } from "./progress.ts";
import { runAgain, saveRejected } from "./rejected-rows.ts";
import { importsOf, type Retry, resumeForRetry, retryOthers } from "./retry.ts";
import { leftOver, notesBefore } from "./sheet-notes.ts";
import type { RunResult } from "./show.ts";
import { totalOf } from "./steady.ts";
import { untilDone } from "./until-done.ts";

/** The options of `anamo run`, checked. */
export interface RunOptions {
  file: string;
  imports: DropFileOptions;
  dir: string;
  table: string;
  bucket: string;
  /** where results go, if not to the default folder */
  results?: string | undefined;
  workers: number;
  maxAttempts: number;
  /** which items that failed in an earlier run start over; default: none */
  retry: Retry | undefined;
  /** a command to run when there is news */
  onEvent: string | undefined;
  /** reports problems that are not those of the run itself; default: like the rest of its progress */
  warn?: ((line: string) => void) | undefined;
  /** environment variables of the workers: how much they do at a time, the pipeline's folder */
  workerEnv: Readonly<Record<string, string>>;
}

/** The sweep catches items that job events missed. */
const SWEEP_MS = 15_000;

/**
 * Runs a task file to its end on the embedded stack. Everything works as on AWS: the bucket, the import function, the
 * workers' jobs, the summary. Rejects with the signal's reason if that is aborted.
 */
export async function run(
  options: RunOptions,
  progress: Progress,
  signal: AbortSignal,
  hurry: (act: () => void) => void,
) {
  const startedAt = performance.now();
  const sinceMs = Date.now();
  const dir = resolve(options.dir);
  const broken = new AbortController();
  let crew: Crew | undefined;
  const stack = await startStack({
    dir,
    use: "run",
    signal,
    table: options.table,
    bucket: options.bucket,
    results: options.results,
    workerCommand: workerCommand(),
    maxRunning: options.workers,
    jobDefinition: { environment: startFaster(dir) },
    schedule: { sweepMs: SWEEP_MS },
    onFunction: (report) => {
      if (onFunction(report, progress, broken)) crew?.sawWork();
    },
  });
  hurry(() => void stack.close(0));
  const log = commandLog(dir);
  const workflow = new Workflow({
    table: options.table,
    bucket: options.bucket,
    env: stack.env,
    onEvent: log?.write,
  });
  const say = (line: string) => progress.say(line);
  const events = eventsOf(options, sinceMs, options.warn ?? say);
  signal.addEventListener("abort", () => void events?.close(), { once: true });
  try {
    const ends = AbortSignal.any([signal, broken.signal]);
    crew = new Crew({
      workflow,
      jobQueue: JOB_QUEUE,
      jobDefinition: JOB_DEFINITION,
      size: options.workers,
      environment: {
        ...options.workerEnv,
        ANAMO_MAX_ATTEMPTS: String(options.maxAttempts),
        ANAMO_WAIT: "1",
        ANAMO_POLL_SECONDS: "0.1",
        ANAMO_MAX_POLL_SECONDS: "0.5",
      },
    });
    await prepare(workflow, options, progress);
    const { outdated = [], inputsRemoved } = await notesBefore(workflow, options);
    if (inputsRemoved) progress.say(willFailText(inputsRemoved));
    const onPart = (soFar: Counts) => progress.say(partLine(soFar));
    const wait = { timeoutMs: Number.POSITIVE_INFINITY, signal: ends, resume: true, onPart };
    const imports = importsOf(options.imports, options.retry);
    const imported = workflow.importFile(options.file, { ...imports, ...wait }).then((report) => {
      onImported(report, options, progress);
      return report;
    });
    imported.catch(() => {}); // it is awaited below; until then a failure must not count as unhandled
    // a worker must not claim an item that the list is about to give another script
    const mayRestart = imports.onDuplicate === "reset" || (imports.onChanged ?? "keep") !== "keep";
    if (mayRestart || options.retry) await imported;
    const { file, retry } = options;
    if (retry) await retryOthers(workflow, { file, imports, retry }, await imported, progress);
    // only now does the table know the steps of the list
    await reportUnknownSteps(workflow, options.retry?.steps);
    await Promise.race([crew.start(), imported]);
    const page = new RunPage(workflow, { dir: options.dir, say });
    const forecasts = new EndsNowAndThen();
    let seen: Look | undefined;
    const take: TakeSummary = async (options) => {
      if (!events) return workflow.summary(options);
      const { summary, ...more } = await workflow.look(options);
      seen = { summary, ...more };
      return summary;
    };
    const look = async () => {
      const summary = await forecasts.summaryOf(take);
      await page.refresh(totalOf(summary));
      return summary;
    };
    const onLook = (summary: Summary) => void (seen && events?.see({ ...seen, summary }));
    const summary = await untilDone({ look, onLook, imported, crew, progress, signal: ends });
    progress.end();
    await events?.settled();
    // there are no more sweeps once this has ended
    if ((await workflow.steps()).some(({ keep }) => keep)) await stack.functions.invoke("sweep").catch(() => {});
    const pageFile = await page.write({ items: totalOf(summary) });
    const found = [
      imported,
      workflow.failures(),
      examplesOf(workflow, summary),
      leftFilesSince(workflow, sinceMs),
    ] as const;
    const [report, failed, examples, leftFiles] = await Promise.all(found);
    const oldCommands = await oldCommandsOf(workflow, options, failed);
    const rejectedFile = await saveRejected(workflow, report, dir);
    const result: RunResult = {
      summary,
      failed,
      examples,
      oldCommands,
      sheet: { outdated, notInSheet: await leftOver(workflow, options, { summary, report }) },
      leftFiles,
      imported: report,
      durationMs: performance.now() - startedAt,
      rejected: rejectedFile ? { file: rejectedFile, command: runAgain(rejectedFile, options) } : undefined,
      dir: options.dir,
      pipeline: options.workerEnv.ANAMO_PIPELINE ?? process.cwd(),
      places: [
        ...placesOf(options, stack, report),
        ...(pageFile === undefined ? [] : [["page", shown(pageFile)] as const]),
      ],
    };
    return result;
  } finally {
    progress.end();
    await Promise.all([stack.close(), events?.close()]);
    workflow.close();
    log?.flush();
  }
}

function eventsOf({ onEvent: command, dir, table }: RunOptions, sinceMs: number, say: (line: string) => void) {
  return command === undefined
    ? undefined
    : new OnEvent({ command, dir, table, sinceMs, place: () => localPlace(dir), say });
}

/** Lifts a drain, because a run should get through, and with `retry` resumes the steps that were paused by failures. */
async function prepare(workflow: Workflow, options: RunOptions, progress: Progress): Promise<void> {
  if (await workflow.liftStop()) progress.say("the table was drained; that is over");
  const { file, imports, retry } = options;
  if (retry) await resumeForRetry(workflow, { file, imports, retry }, progress);
}

function onImported(report: ImportReport, { file }: RunOptions, progress: Progress): void {
  if (report.status === "rejected") throw new UsageError(`${shownInput(file)}: ${report.message}`);
  progress.say(importLine(report));
}

/** Reports on a function call that has ended; true if a worker that died had claimed something. */
function onFunction(report: FunctionReport, progress: Progress, broken: AbortController): boolean {
  if (report.outcome === "ok" && report.name === "reconcile") {
    const { freed, failed } = { freed: [], failed: [], ...(report.result as Partial<Reconciled>) };
    if (freed.length > 0) progress.say(`a worker died; released: ${freed.join(", ")}`);
    if (failed.length > 0) progress.say(`a worker died once too often with: ${failed.join(", ")}`);
    return freed.length + failed.length > 0;
  }
  if (report.outcome === "failed") {
    const why = `the ${report.name} function failed: ${report.error?.message}`;
    if (report.name === "import") broken.abort(new AnamoError("function", why, { cause: report.error }));
    // if the database has ended, the run fails with that reason anyway
    else if (databaseEnd() === undefined) progress.say(why);
  }
  return false;
}

function placesOf({ dir, table, bucket }: RunOptions, stack: Stack, report: ImportReport) {
  return [
    ["table", `${table}, in ${shown(join(dir, "dynamodb"))}`],
    ["bucket", `${bucket}, in ${shown(join(dir, "s3"))} (report: ${report.reportKey})`],
    ["workers", `their own logs are in ${shown(stack.logDir)}`],
  ] as const;
}

/** A path relative to the current folder, if it is inside that. */
function shown(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? resolve(path) : fromHere;
}
