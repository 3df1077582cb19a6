import { toError } from "../lib/errors.ts";
import { heartbeat } from "../lib/heartbeat.ts";
import type { Item } from "../lib/item.ts";
import type { Table } from "../lib/table.ts";
import type { Report } from "./events.ts";

/** The count of done tasks is written between heartbeats too, but only when it has moved by this share … */
const PROGRESS_SHARE = 0.05;
/** … and not more often than this: each such write costs two units. */
const PROGRESS_MS = 5_000;

/**
 * Keeps the lease of one claim. `signal` aborts, with the reason "lease-lost", when the item is no longer ours, or when
 * nobody could be asked for so long that it may not be: then another worker may run it already.
 */
export class Lease {
  readonly #table: Table;
  readonly #itemId: string;
  readonly #lockId: string;
  readonly #leaseMs: number;
  readonly #total: number;
  readonly #report: Report;
  readonly #controller = new AbortController();
  #expiresAtMs: number;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #stopped = false;
  #why: string | undefined;
  #tasksDone: number;
  #tasksWritten: number;
  #progressAtMs: number;

  constructor(table: Table, item: Item, leaseMs: number, report: Report) {
    if (!item.lock) throw new TypeError(`item ${item.itemId} is not locked`);
    this.#table = table;
    this.#itemId = item.itemId;
    this.#lockId = item.lock.lockId;
    this.#leaseMs = item.leaseMs ?? leaseMs;
    this.#expiresAtMs = item.lock.leaseExpiresAtMs;
    this.#total = item.nestedTasks;
    this.#tasksDone = item.tasksDone;
    this.#tasksWritten = item.tasksDone;
    this.#progressAtMs = table.now();
    this.#report = report;
    this.#schedule(this.#leaseMs / 3);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the lease is lost; undefined while it is held. */
  get lostBecause(): string | undefined {
    return this.#why;
  }

  /** Whether the item is surely still ours, asking the table if the last answer is old. */
  async isHeld(): Promise<boolean> {
    if (this.#why === undefined && this.#expiresAtMs - this.#table.now() < this.#leaseMs / 2) await this.#beat();
    return this.#why === undefined;
  }

  /** Says how many tasks of the item are done by now. */
  progress(tasksDone: number): void {
    this.#tasksDone = tasksDone;
    const isFar = tasksDone - this.#tasksWritten >= Math.max(1, this.#total * PROGRESS_SHARE);
    if (isFar && this.#table.now() - this.#progressAtMs >= PROGRESS_MS && !this.#stopped) void this.#beat();
  }

  /** Ends the heartbeats; waits for one that is under way, so that nothing of this claim is written afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#beating;
  }

  #schedule(afterMs: number): void {
    if (this.#stopped || this.#why !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#beat(), afterMs);
  }

  #beat(): Promise<void> {
    this.#beating ??= this.#send().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #send(): Promise<void> {
    const tasksDone = this.#tasksDone;
    const moved = tasksDone !== this.#tasksWritten;
    if (moved) this.#progressAtMs = this.#table.now();
    try {
      const args = [this.#table, this.#itemId, this.#lockId, this.#leaseMs] as const;
      const result = await heartbeat(...args, moved ? tasksDone : undefined);
      if (!result.held) return this.#lose(result.why === "gone" ? "it was deleted" : "somebody else has it");
      this.#expiresAtMs = result.leaseExpiresAtMs;
      this.#tasksWritten = tasksDone;
      this.#schedule(this.#leaseMs / 3);
    } catch (error) {
      this.#report({ kind: "store:unreachable", doing: `the heartbeat of ${this.#itemId}`, error: toError(error) });
      const leftMs = this.#expiresAtMs - this.#table.now();
      if (leftMs <= 0) return this.#lose("the table could not be reached before the lease ran out");
      this.#schedule(Math.min(leftMs, Math.max(100, this.#leaseMs / 20)));
    }
  }

  #lose(why: string): void {
    if (this.#stopped) return;
    this.#why = why;
    clearTimeout(this.#timer);
    this.#controller.abort("lease-lost");
  }
}
