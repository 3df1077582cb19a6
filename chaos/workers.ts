import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SubmitJobCommand, TerminateJobCommand } from "@aws-sdk/client-batch";
import { workerCommand } from "../cli/worker-command.ts";
import { batchClient } from "../lib/batch-client.ts";
import { JOB_DEFINITION, JOB_QUEUE } from "../local/stack.ts";
import { workerIdentity } from "../worker/identity.ts";
import { clockOf } from "./plan.ts";
import type { ChaosStack } from "./stack.ts";
import type { Tally } from "./tally.ts";

const PRELOAD = fileURLToPath(new URL("preload.ts", import.meta.url));

export interface WorkersOptions {
  seed: number;
  count: number;
  dir: string;
  /** marks the processes, so that only they are sent signals */
  mark: string;
  /** environment of every worker */
  env: Readonly<Record<string, string>>;
  stack: ChaosStack;
  tally: Tally;
}

/** Something that was done to a worker, and when, by `performance.now()`. */
export interface Hit {
  why: string;
  atMs: number;
}

/** A worker that is running now. */
interface Running {
  pid: number;
  /** as it appears in the worker's locks */
  instance: string;
  jobId?: string;
}

/**
 * Keeps workers running: half as separate processes, as on a login node, half as Batch jobs, some of which Batch itself
 * restarts. Replaces a worker that has ended.
 */
export class ChaosWorkers {
  readonly #options: WorkersOptions;
  readonly #jobs = new Map<string, () => void>();
  readonly #loops: Promise<void>[] = [];
  readonly #starts: number[] = [];
  /** what was done to each instance, in order */
  readonly hits = new Map<string, Hit[]>();
  #isOver = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  start(): void {
    for (let slot = 0; slot < this.#options.count; slot++) {
      this.#loops.push(slot % 2 === 0 ? this.#keepProcess(slot) : this.#keepJob(slot));
    }
  }

  /** Pass this to the stack as `onJob`. */
  readonly onJob = (jobId: string, status: string): void => {
    if (status === "SUCCEEDED" || status === "FAILED") this.#jobs.get(jobId)?.();
  };

  /** All jobs of a stack that was killed are gone. */
  stackKilled(why: string): void {
    for (const [jobId, end] of this.#jobs) {
      this.#hit(jobId, why);
      end();
    }
  }

  /** Sends a signal to the worker in a slot; undefined if none runs there. */
  async signal(slot: number, signal: NodeJS.Signals, why: string): Promise<Running | undefined> {
    const running = await this.#running(slot);
    if (!running) return undefined;
    this.#hit(running.instance, why);
    try {
      process.kill(running.pid, signal);
      return running;
    } catch {
      return undefined;
    }
  }

  /** Lets a frozen worker continue, if it still exists. */
  async wake({ pid }: Running): Promise<void> {
    if (await this.#isOurs(pid)) process.kill(pid, "SIGCONT");
  }

  /**
   * Tells Batch to end the job in a slot, or in a neighboring slot, because half of the slots have none; false if no
   * job is running there.
   */
  async terminate(slot: number): Promise<boolean> {
    const odd = slot % 2 === 0 ? slot + 1 : slot;
    const running = await this.#running(odd < this.#options.count ? odd : 1);
    if (!running?.jobId) return false;
    this.#hit(running.jobId, "terminate");
    const client = batchClient(this.#options.stack.env);
    const input = { jobId: running.jobId, reason: "chaos" };
    const isDone = await client.send(new TerminateJobCommand(input)).then(
      () => true,
      () => false,
    );
    client.destroy();
    return isDone;
  }

  /** Stops all workers and replaces none. */
  async close(): Promise<void> {
    this.#isOver = true;
    for (let slot = 0; slot < this.#options.count; slot++) await this.signal(slot, "SIGTERM", "the end of the run");
    const late = delay(15_000, "late" as const, { ref: false });
    if ((await Promise.race([Promise.all(this.#loops), late])) !== "late") return;
    for (let slot = 0; slot < this.#options.count; slot++) await this.signal(slot, "SIGKILL", "the end of the run");
    for (const end of this.#jobs.values()) end();
  }

  async #keepProcess(slot: number): Promise<void> {
    const { dir } = this.#options;
    const [node = process.execPath, ...worker] = workerCommand();
    while (!this.#isOver) {
      const log = openSync(join(dir, "workers.log"), "a");
      const child = spawn(node, ["--import", PRELOAD, ...worker], {
        detached: true,
        stdio: ["ignore", log, log, "ipc"],
        env: { ...this.#options.env, ...this.#own(slot) },
      });
      closeSync(log);
      await once(child, "exit");
      await delay(100);
    }
  }

  async #keepJob(slot: number): Promise<void> {
    const { stack } = this.#options;
    while (!this.#isOver) {
      const env = await stack.up();
      if (this.#isOver) return;
      const kills = stack.killedAtMs.length;
      const client = batchClient(env, { once: true });
      const environment = Object.entries({ ...this.#options.env, ...this.#own(slot) });
      const job = {
        jobName: `chaos-${slot}`,
        jobQueue: JOB_QUEUE,
        jobDefinition: JOB_DEFINITION,
        // Batch itself restarts every other job, under the same id
        retryStrategy: { attempts: (this.#starts[slot] ?? 0) % 2 === 0 ? 3 : 1 },
        containerOverrides: { environment: environment.map(([name, value]) => ({ name, value })) },
      };
      const jobId = await client.send(new SubmitJobCommand(job)).then(
        (answer) => answer.jobId,
        () => undefined,
      );
      client.destroy();
      if (jobId && stack.killedAtMs.length === kills)
        await new Promise<void>((resolve) => this.#jobs.set(jobId, resolve));
      if (jobId) this.#jobs.delete(jobId);
      await delay(100);
    }
  }

  /** The variables that differ from worker to worker. */
  #own(slot: number): Record<string, string> {
    const start = (this.#starts[slot] ?? 0) + 1;
    this.#starts[slot] = start;
    const { skewMs, jumpAfterMs, jumpMs } = clockOf(this.#options.seed, slot, start);
    if (skewMs !== 0) this.#options.tally.fault("clocks", "skew");
    if (jumpMs !== 0) this.#options.tally.fault("clocks", "jump");
    return {
      ANAMO_CHAOS_CLOCK: `${skewMs},${jumpAfterMs},${jumpMs}`,
      ANAMO_CHAOS_PID_FILE: this.#pidFile(slot),
    };
  }

  #pidFile(slot: number): string {
    return join(this.#options.dir, `worker-${slot}.pid`);
  }

  async #running(slot: number): Promise<Running | undefined> {
    const text = await readFile(this.#pidFile(slot), "utf8").catch(() => "");
    const [pid = 0, jobId] = text.split(" ").map((part, index) => (index === 0 ? Number(part) : part)) as [
      number,
      string,
    ];
    if (!(pid > 0) || !(await this.#isOurs(pid))) return undefined;
    return jobId ? { pid, instance: jobId, jobId } : { pid, instance: workerIdentity({}, { pid }).instance };
  }

  /** A process id may belong to another process by now. */
  async #isOurs(pid: number): Promise<boolean> {
    const environ = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
    return environ.split("\0").includes(this.#options.mark);
  }

  #hit(instance: string, why: string): void {
    const hits = this.hits.get(instance) ?? [];
    hits.push({ why, atMs: performance.now() });
    this.hits.set(instance, hits);
  }
}
