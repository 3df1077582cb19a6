import type { Timers } from "../../lib/flow/timers.ts";
import { killGroup } from "./kill-group.ts";

/** Why a running task was stopped. */
export type StopReason = "timeout" | "interrupted" | "lease-lost";

/** When and how to stop a task. */
export interface StopOptions {
  timeoutMs?: number;
  /** between SIGTERM and SIGKILL */
  graceMs: number;
  /** aborted when the worker must stop the task; its reason is "interrupted" or "lease-lost" */
  signal: AbortSignal;
}

/** Stops one task for the first reason that occurs: SIGTERM to its process group, SIGKILL after the grace period. */
export class Stopper {
  reason?: StopReason;
  readonly #options: StopOptions;
  readonly #timers: Timers;
  readonly #onAbort = () => this.#stop(this.#options.signal.reason === "lease-lost" ? "lease-lost" : "interrupted");
  #pid?: number;
  #cancelTimer = () => {};

  constructor(options: StopOptions, timers: Timers) {
    this.#options = options;
    this.#timers = timers;
    if (options.signal.aborted) this.#onAbort();
    else options.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Call it when the task has started, as process group `pid`. */
  started(pid: number): void {
    this.#pid = pid;
    if (this.reason) this.#terminate(pid);
    else if (this.#options.timeoutMs !== undefined) {
      this.#cancelTimer = this.#timers.after(this.#options.timeoutMs, () => this.#stop("timeout"));
    }
  }

  /** Call it when the task has ended: after that nothing is stopped. */
  ended(): void {
    this.#pid = undefined;
    this.#cancelTimer();
    this.#options.signal.removeEventListener("abort", this.#onAbort);
  }

  #stop(reason: StopReason): void {
    if (this.reason) return;
    this.reason = reason;
    if (this.#pid !== undefined) this.#terminate(this.#pid);
  }

  #terminate(pid: number): void {
    this.#cancelTimer();
    killGroup(pid, "SIGTERM");
    this.#cancelTimer = this.#timers.after(this.#options.graceMs, () => killGroup(pid, "SIGKILL"));
  }
}
