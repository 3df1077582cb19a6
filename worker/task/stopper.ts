import { killGroup } from "./kill-group.ts";

/** Why a task that still ran was stopped. */
export type StopReason = "timeout" | "interrupted" | "lease-lost";

// The longest delay that a timer of Node takes; longer ones would fire at once.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Stops one task for the first reason that comes: SIGTERM to its process group, and SIGKILL after a time of grace. */
export class Stopper {
  reason?: StopReason;
  readonly #options: { timeoutMs?: number; graceMs: number; signal: AbortSignal };
  readonly #onAbort = () => this.#stop(this.#options.signal.reason === "lease-lost" ? "lease-lost" : "interrupted");
  #pid?: number;
  #timer?: NodeJS.Timeout;

  constructor(options: { timeoutMs?: number; graceMs: number; signal: AbortSignal }) {
    this.#options = options;
    if (options.signal.aborted) this.#onAbort();
    else options.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** The task runs from now on, as process group `pid`. */
  started(pid: number): void {
    this.#pid = pid;
    if (this.reason) this.#terminate(pid);
    else if (this.#options.timeoutMs !== undefined) this.#timeOutIn(this.#options.timeoutMs);
  }

  /** The task has ended: nothing may be stopped any more. */
  ended(): void {
    this.#pid = undefined;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener("abort", this.#onAbort);
  }

  #timeOutIn(ms: number): void {
    const step = Math.min(ms, MAX_TIMER_MS);
    this.#timer = setTimeout(() => (ms > step ? this.#timeOutIn(ms - step) : this.#stop("timeout")), step);
  }

  #stop(reason: StopReason): void {
    if (this.reason) return;
    this.reason = reason;
    if (this.#pid !== undefined) this.#terminate(this.#pid);
  }

  #terminate(pid: number): void {
    clearTimeout(this.#timer);
    killGroup(pid, "SIGTERM");
    this.#timer = setTimeout(() => killGroup(pid, "SIGKILL"), this.#options.graceMs);
  }
}
