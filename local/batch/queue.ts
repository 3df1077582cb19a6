import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type ProcessEnd, type RunningAttempt, startAttempt } from "./attempt.ts";
import { attemptDetail, outcomeOf } from "./attempt-end.ts";
import { newTaskArn, stateChangeOf } from "./detail.ts";
import { batchVariables, createJob, logStreamOf } from "./job.ts";
import { ClientException } from "./requests.ts";
import { shouldRetry } from "./retry.ts";
import { isFinished, type Job, type JobRequest, type JobStateChange, type LocalJobDefinition } from "./types.ts";

/** Options of {@link JobQueue}. */
export interface QueueOptions {
  jobQueue: string;
  jobDefinitions: Readonly<Record<string, LocalJobDefinition>>;
  /** the environment of every child process; job definition and job add to it */
  env: Readonly<Record<string, string | undefined>>;
  /** folder for one log file per attempt */
  logDir: string;
  maxRunning: number;
  /** time from SIGTERM to SIGKILL */
  stopGraceMs: number;
  onStateChange: (event: JobStateChange) => void;
}

/*
 * SUBMITTED ─▶ RUNNABLE ─▶ STARTING ─▶ RUNNING ─▶ SUCCEEDED | FAILED
 *                 ▲                       │
 *                 └───────── retry ───────┘        canceled or terminated before it ran: ─▶ FAILED
 *
 * The parent of an array: SUBMITTED ─▶ PENDING ─▶ SUCCEEDED | FAILED, with its last child.
 */

/** Runs jobs as child processes, at most `maxRunning` at a time. It keeps finished jobs in memory. */
export class JobQueue {
  readonly #options: QueueOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #waiting: Job[] = [];
  readonly #running = new Map<Job, { attempt: RunningAttempt; finished: Promise<void> }>();
  readonly #instanceId = `i-0${randomBytes(8).toString("hex")}`;
  #isClosed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /**
   * Adds a job. It becomes runnable only after the caller has the answer. Throws a ClientException if it is invalid.
   */
  submit(request: JobRequest): Job {
    const definition = this.#options.jobDefinitions[request.jobDefinition];
    if (!definition) throw new ClientException(`JobDefinition ${request.jobDefinition} does not exist.`);
    if (request.jobQueue !== this.#options.jobQueue)
      throw new ClientException(`JobQueue ${request.jobQueue} not found.`);
    if (this.#isClosed) throw new ClientException("the local Batch is being closed");
    const job = createJob(request, definition, Date.now());
    for (const each of [job, ...job.children]) this.#jobs.set(each.id, each);
    setImmediate(() => this.#admit(job));
    return job;
  }

  /** Finds a job, child or parent by its id. */
  find(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /** All jobs and parents, or the children of `parent`, in the order they were submitted. */
  list(parent?: Job): Job[] {
    return parent ? parent.children : [...this.#jobs.values()].filter((job) => !job.parent);
  }

  /** Stops a job, or all unfinished children of an array. */
  terminate(job: Job, reason: string, graceMs = this.#options.stopGraceMs): void {
    if (job.children.length > 0 && !isFinished(job)) job.isTerminated = true;
    for (const each of job.children.length > 0 ? job.children : [job]) {
      if (isFinished(each)) continue;
      each.isTerminated = true;
      const running = this.#running.get(each);
      if (!running) this.#finish(each, "FAILED", reason);
      else {
        each.stop ??= { kind: "terminate", reason };
        running.attempt.stop(graceMs);
      }
    }
  }

  /** Drops a job, or the children of an array, that have not started; running ones continue. */
  cancel(job: Job, reason: string): void {
    for (const each of job.children.length > 0 ? job.children : [job]) {
      if (isFinished(each) || this.#running.has(each)) continue;
      each.isCancelled = true;
      this.#finish(each, "FAILED", reason);
    }
  }

  /** Accepts no more jobs and terminates all of them; resolves when the last process has ended. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#jobs.values()) {
      if (!job.parent) this.terminate(job, "The local stack was closed", graceMs);
    }
    await Promise.all([...this.#running.values()].map(({ finished }) => finished));
  }

  #admit(job: Job): void {
    if (job.children.length > 0) this.#moveTo(job, "PENDING");
    for (const each of job.children.length > 0 ? job.children : [job]) {
      if (isFinished(each)) continue;
      this.#moveTo(each, "RUNNABLE");
      this.#waiting.push(each);
    }
    this.#startWaiting();
  }

  #startWaiting(): void {
    while (this.#running.size < this.#options.maxRunning && !this.#isClosed) {
      const job = this.#waiting.shift();
      if (!job) return;
      if (!isFinished(job)) this.#start(job);
    }
  }

  #start(job: Job): void {
    const { request, definition } = job;
    const number = job.attempts.length + 1;
    const batch = batchVariables(job, number);
    const logStreamName = logStreamOf(job, number);
    job.container = { taskArn: newTaskArn(), logStreamName };
    this.#moveTo(job, "STARTING");
    const attempt = startAttempt({
      command: request.command ?? definition.command,
      env: { ...this.#options.env, ...definition.environment, ...request.environment, ...batch },
      logFile: join(this.#options.logDir, `${logStreamName}.log`),
      marks: [`AWS_BATCH_JOB_ID=${job.id}`, `AWS_BATCH_JOB_ATTEMPT=${number}`],
    });
    job.startedAtMs = Date.now();
    const timeoutSeconds = request.timeoutSeconds ?? definition.timeoutSeconds;
    const timer =
      timeoutSeconds === undefined ? undefined : setTimeout(() => this.#timeOut(job, attempt), timeoutSeconds * 1000);
    const finished = attempt.ended.then((end) => {
      clearTimeout(timer);
      this.#running.delete(job);
      this.#conclude(job, end);
      this.#startWaiting();
    });
    this.#running.set(job, { attempt, finished });
    this.#moveTo(job, "RUNNING");
  }

  #timeOut(job: Job, attempt: RunningAttempt): void {
    if (job.stop) return;
    job.stop = { kind: "timeout", reason: "Job attempt duration exceeded timeout" };
    attempt.stop(this.#options.stopGraceMs);
  }

  #conclude(job: Job, end: ProcessEnd): void {
    job.stoppedAtMs = Date.now();
    const outcome = outcomeOf(end, job.stop, this.#instanceId);
    job.attempts.push(attemptDetail(job, outcome));
    const strategy = job.request.retryStrategy ?? job.definition.retryStrategy;
    if (!outcome.succeeded && !job.stop && shouldRetry(strategy, job.attempts.length, outcome)) {
      job.container = undefined;
      job.startedAtMs = undefined;
      job.stoppedAtMs = undefined;
      this.#waiting.unshift(job);
      this.#moveTo(job, "RUNNABLE");
      return;
    }
    const { exitCode, reason } = outcome;
    if (job.container) Object.assign(job.container, exitCode !== undefined && { exitCode }, reason && { reason });
    const why = job.stop?.kind === "terminate" ? job.stop.reason : outcome.statusReason;
    this.#finish(job, outcome.succeeded ? "SUCCEEDED" : "FAILED", why);
  }

  #finish(job: Job, status: "SUCCEEDED" | "FAILED", reason: string | undefined): void {
    job.stoppedAtMs ??= Date.now();
    if (reason) job.statusReason = reason;
    this.#moveTo(job, status);
    const { parent } = job;
    if (!parent) return;
    parent.unfinishedChildren -= 1;
    if (parent.unfinishedChildren > 0) return;
    const hasFailed = parent.children.some((child) => child.status === "FAILED");
    this.#finish(parent, hasFailed ? "FAILED" : "SUCCEEDED", hasFailed ? "Array Child Job failed" : undefined);
  }

  #moveTo(job: Job, status: Job["status"]): void {
    job.status = status;
    this.#options.onStateChange(stateChangeOf(job, Date.now()));
  }
}
