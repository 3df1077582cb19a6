import { symlinkSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import type { Env } from "../../lib/aws-config.ts";
import { toError } from "../../lib/errors.ts";
import { realTimers, type Timers } from "../../lib/flow/timers.ts";
import type { Outcome } from "../../lib/items/item.ts";
import { leftFilesText } from "../../lib/items/left-files.ts";
import { diskReason, explainDisk } from "./full-disk.ts";
import type { OutputEnd } from "./launcher.ts";
import { LauncherPool } from "./launcher-pool.ts";
import { MemorySampler } from "./memory-sampler.ts";
import { OomCounter } from "./oom-counter.ts";
import { outcomeOf } from "./outcome-of.ts";
import { filesLeftIn, makeRunFolder, type RunFolder, removeRunFolder } from "./run-folder.ts";
import { type StopOptions, Stopper } from "./stopper.ts";
import { taskFileText } from "./task-file.ts";

/** What to run, and when to stop it. */
export interface TaskSpec extends StopOptions {
  script: string;
  /** added to the worker's own environment; `PYANAMO` is also put at the front of `PATH` */
  env: Readonly<Record<string, string>>;
  /** folder in which the attempt gets its own clean scratch folder; created if missing */
  scratchParent: string;
  /** a folder that the script sees as `./inputs` */
  inputs?: string;
  /** name of the scratch folder, already escaped for a path */
  name: string;
}

/**
 * A task's output: files until the run is disposed of, and the part that is in memory. A task that never started has
 * none.
 */
export interface TaskLogs {
  stdoutPath: string;
  stderrPath: string;
  /** short output, which has no file, or the part after the file's end, if a full disk could not take it */
  rest?: { stdout?: Buffer; stderr?: Buffer };
}

/** A task that has ended. */
export interface TaskRun {
  /** how it ended, without its log: see keep-log.ts */
  outcome: Outcome;
  logs?: TaskLogs;
  /** commands that it left running, which were killed when it ended */
  leftovers: readonly string[];
  /** removes the scratch folder and the log files; never throws: returns the error if something cannot be removed */
  dispose(): Promise<Error | undefined>;
}

/** What the runner requires from outside. */
export interface TaskRunnerDeps {
  /** the worker's own environment */
  env?: Env;
  oomCounter?: OomCounter;
  sampler?: MemorySampler;
  /** for time-outs and the grace period */
  timers?: Timers;
}

/** Runs any number of scripts at once, each in its own process group and scratch folder. */
export class TaskRunner {
  readonly #pool: LauncherPool;
  readonly #oom: OomCounter;
  readonly #sampler: MemorySampler;
  readonly #timers: Timers;
  #closed = false;

  constructor({ env = process.env, oomCounter, sampler, timers = realTimers }: TaskRunnerDeps = {}) {
    this.#pool = new LauncherPool(env);
    this.#oom = oomCounter ?? new OomCounter();
    this.#sampler = sampler ?? new MemorySampler();
    this.#timers = timers;
  }

  /** Runs one script to its end. Resolves however it ends, because a failure is an outcome, not an error. */
  async run(spec: TaskSpec): Promise<TaskRun> {
    if (spec.signal.aborted) return notStarted(spec.signal.reason === "lease-lost" ? "lost" : "interrupted");
    let folder: RunFolder | undefined;
    try {
      folder = await makeRunFolder(spec.scratchParent, spec.name);
      if (spec.inputs !== undefined) symlinkSync(spec.inputs, join(folder.scratch, "inputs"));
      if (!this.#closed) return await this.#runIn(folder, spec);
      await removeRunFolder(folder);
      return notStarted("interrupted");
    } catch (error) {
      if (folder) await removeRunFolder(folder).catch(() => {});
      return notStarted("no-start", `could not be set up: ${diskReason(toError(error), spec.scratchParent)}`);
    }
  }

  /** Ends the helpers: kills running tasks, and starts no others. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#sampler.close();
    await this.#pool.close();
    this.#oom.close();
  }

  async #runIn(folder: RunFolder, spec: TaskSpec): Promise<TaskRun> {
    const text = taskFileText(spec.script, { ...this.#pool.taskEnv, ...spec.env }, folder);
    const oomBefore = this.#oom.read();
    const stopper = new Stopper(spec, this.#timers);
    const startedAt = performance.now();
    let group: number | undefined;
    const launched = this.#pool.launch({ text, logs: folder }, (pid) => {
      group = pid;
      stopper.started(pid);
      this.#sampler.add(pid);
    });
    const { end, leftovers, inGroup, output } = await launched.finally(() => stopper.ended());
    const wallSeconds = Math.round(performance.now() - startedAt) / 1000;
    const peakMemoryBytes = group === undefined ? undefined : this.#sampler.remove(group);
    const outcome: Outcome = {
      ...outcomeOf({
        end,
        stopped: stopper.reason,
        timeoutMs: spec.timeoutMs,
        oomKills: this.#oom.read() > oomBefore,
      }),
      wallSeconds,
      ...(end.kind === "ended" && { cpuSeconds: end.cpuSeconds }),
      ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
    };
    const onDisk = explainDisk(outcome, {
      folders: [spec.scratchParent, spec.env.PYANAMO, resultsFolder(spec)],
      output,
    });
    const left = outcome.cause === undefined ? leftFilesText(filesLeftIn(folder)) : undefined;
    const message = left && onDisk ? `${left}; ${onDisk}` : (left ?? onDisk);
    if (message) outcome.message = message;
    const hasStarted = end.kind === "ended" || end.started;
    const run = ended(folder, outcome, hasStarted);
    if (run.logs) run.logs.rest = restOf(output);
    // a task that is stopped does not choose what is still running then
    return { ...run, leftovers: stopper.reason ? leftovers : [...inGroup, ...leftovers] };
  }
}

function restOf({ stdout, stderr }: OutputEnd): NonNullable<TaskLogs["rest"]> {
  return { ...(stdout.rest && { stdout: stdout.rest }), ...(stderr.rest && { stderr: stderr.rest }) };
}

function ended(folder: RunFolder, outcome: Outcome, hasStarted: boolean): Omit<TaskRun, "leftovers"> {
  const { stdoutPath, stderrPath } = folder;
  return {
    outcome,
    ...(hasStarted && { logs: { stdoutPath, stderrPath } }),
    dispose: () => removeRunFolder(folder).then(() => undefined, toError),
  };
}

function notStarted(cause: "no-start" | "interrupted" | "lost", message?: string): TaskRun {
  return { outcome: { cause, ...(message && { message }) }, leftovers: [], dispose: async () => undefined };
}

/** Where `$OUT` is, if it is on a different disk than the scratch folder: `<results>/.staging/<name>.out`. */
function resultsFolder({ scratchParent, env: { OUT } }: TaskSpec): string | undefined {
  const isNear = OUT === undefined || OUT.startsWith(resolve(scratchParent) + sep);
  return isNear ? undefined : dirname(dirname(OUT));
}
