import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { realTimers, type Timers } from "../../lib/flow/timers.ts";

const FIRST_MS = 25;
const LAST_MS = 2_000;
// Passes take at most a fiftieth of the time, even on machines with thousands of processes.
const REST_FACTOR = 50;

/** What the sampler requires from outside. */
export interface SamplerDeps {
  /** where the kernel lists processes */
  proc?: string;
  /** monotonic clock, in milliseconds */
  now?: () => number;
  timers?: Timers;
}

/** Samples the memory of all running tasks together: soon after a task starts, then less and less often. */
export class MemorySampler {
  readonly #proc: string;
  readonly #now: () => number;
  readonly #timers: Timers;
  readonly #peaks = new Map<number, number>();
  #cancelTimer?: () => void;
  #dueAt = 0;
  #intervalMs = FIRST_MS;
  #restUntil = 0;

  constructor({ proc = "/proc", now = () => performance.now(), timers = realTimers }: SamplerDeps = {}) {
    this.#proc = proc;
    this.#now = now;
    this.#timers = timers;
  }

  /** Starts watching a process group. */
  add(group: number): void {
    this.#peaks.set(group, 0);
    this.#intervalMs = FIRST_MS;
    const dueAt = Math.max(this.#now() + FIRST_MS, this.#restUntil);
    if (this.#cancelTimer && this.#dueAt <= dueAt) return;
    this.#sampleAt(dueAt);
  }

  /** Stops watching and returns the peak in bytes; undefined if the group ended before it was sampled. */
  remove(group: number): number | undefined {
    const peak = this.#peaks.get(group);
    this.#peaks.delete(group);
    return peak || undefined;
  }

  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#peaks.clear();
  }

  /** Samples all watched groups once. */
  sample(): void {
    const sums = new Map<number, { now: number; most: number }>();
    for (const name of readdirOrNothing(this.#proc)) {
      if (name < "0" || name > "9~") continue;
      const group = groupOf(readOrNothing(join(this.#proc, name, "stat")));
      if (group === undefined || !this.#peaks.has(group)) continue;
      const status = readOrNothing(join(this.#proc, name, "status"));
      const sum = sums.get(group) ?? { now: 0, most: 0 };
      sum.now += bytesOf(status, /^VmRSS:\s*(\d+) kB$/m);
      // The peak of a single process, which may be between two samples.
      sum.most = Math.max(sum.most, bytesOf(status, /^VmHWM:\s*(\d+) kB$/m));
      sums.set(group, sum);
    }
    for (const [group, { now, most }] of sums) {
      this.#peaks.set(group, Math.max(this.#peaks.get(group) ?? 0, now, most));
    }
  }

  #sampleAt(dueAt: number): void {
    this.#cancelTimer?.();
    this.#dueAt = dueAt;
    this.#cancelTimer = this.#timers.after(dueAt - this.#now(), () => this.#tick());
  }

  #tick(): void {
    this.#cancelTimer = undefined;
    if (this.#peaks.size === 0) return;
    const startedAt = this.#now();
    this.sample();
    const endedAt = this.#now();
    this.#restUntil = endedAt + (endedAt - startedAt) * REST_FACTOR;
    this.#intervalMs = Math.min(this.#intervalMs * 2, LAST_MS);
    this.#sampleAt(Math.max(endedAt + this.#intervalMs, this.#restUntil));
  }
}

/** The third field after the command, which is in parentheses and may itself contain parentheses. */
function groupOf(stat: string): number | undefined {
  const group = stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3)[2];
  return group ? Number(group) : undefined;
}

function bytesOf(status: string, line: RegExp): number {
  return Number(line.exec(status)?.[1] ?? 0) * 1024;
}

function readdirOrNothing(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

// A process may end between two reads; some systems have no /proc.
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
