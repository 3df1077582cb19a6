import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { realTimers, type Timers } from "../../lib/flow/timers.ts";

const FIRST_MS = 25;
const LAST_MS = 2_000;
// A pass may take one fiftieth of the time at most, on machines with thousands of processes too.
const REST_FACTOR = 50;

/** What the sampler takes from outside. */
export interface SamplerDeps {
  /** where the kernel tells about processes */
  proc?: string;
  /** milliseconds since some fixed moment */
  now?: () => number;
  timers?: Timers;
}

/** Looks at the memory of all running tasks at once, soon after a start and then ever less often. */
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

  /** Watches a process group from now on. */
  add(group: number): void {
    this.#peaks.set(group, 0);
    this.#intervalMs = FIRST_MS;
    const dueAt = Math.max(this.#now() + FIRST_MS, this.#restUntil);
    if (this.#cancelTimer && this.#dueAt <= dueAt) return;
    this.#sampleAt(dueAt);
  }

  /** Ends the watch and gives the most bytes that the group was seen with; nothing if it was too short to be seen. */
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

  /** Takes one look at all watched groups. */
  sample(): void {
    const sums = new Map<number, { now: number; most: number }>();
    for (const name of readdirOrNothing(this.#proc)) {
      if (name < "0" || name > "9~") continue;
      const group = groupOf(readOrNothing(join(this.#proc, name, "stat")));
      if (group === undefined || !this.#peaks.has(group)) continue;
      const status = readOrNothing(join(this.#proc, name, "status"));
      const sum = sums.get(group) ?? { now: 0, most: 0 };
      sum.now += bytesOf(status, /^VmRSS:\s*(\d+) kB$/m);
      // What one process had at its highest, between two looks.
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

/** The third field after the command, which is in brackets and may hold anything, more brackets too. */
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

// Processes end between two reads; a system without /proc has none.
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
