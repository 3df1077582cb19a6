import { heartbeat } from "../lib/claims/heartbeat.ts";
import { toError } from "../lib/errors.ts";
import type { Timers } from "../lib/flow/timers.ts";
import type { Item } from "../lib/items/item.ts";
import type { Table } from "../lib/table.ts";
import type { WorkerContext } from "./context.ts";
import type { Report } from "./events.ts";

/** The count of done tasks is also written between heartbeats if it has grown by this share of all tasks … */
const PROGRESS_SHARE = 0.05;
/** … but at most this often, because each such write costs two units. */
const PROGRESS_MS = 5_000;

const FROZEN = "this worker was suspended (a laptop asleep, or SIGSTOP) until after its lease had run out";

/** The parts of a worker's context that a lease needs. */
export type LeaseContext = Pick<WorkerContext, "table" | "timers" | "report"> & {
  options: Pick<WorkerContext["options"], "leaseMs">;
};

/**
 * Renews the lease of one claim with heartbeats. `signal` aborts with the reason "lease-lost" when the item is no
 * longer ours, or when the lease has run out because the table could not be reached: another worker may be running the
 * item by then.
 */
export class Lease {
  readonly #table: Table;
  readonly #timers: Timers;
  readonly #itemId: string;
  readonly #lockId: string;
  readonly #leaseMs: number;
  readonly #total: number;
  readonly #report: Report;
  readonly #controller = new AbortController();
  /** resolves when the lease is lost */
  readonly #lost = new Promise<void>((resolve) => {
    this.#controller.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  #expiresAtMs: number;
  #cancelBeat = () => {};
  /**
   * cancels the timer for the end of the lease, which is needed because a heartbeat may hang for longer than a lease
   */
  #cancelDeadline = () => {};
  #beating: Promise<void> | undefined;
  /** when the first heartbeat after the last successful one was attempted */
  #triedAtMs: number | undefined;
  #stopped = false;
  #why: string | undefined;
  #tasksDone: number;
  #tasksWritten: number;
  #progressAtMs: number;

  constructor({ table, timers, report, options }: LeaseContext, item: Item) {
    if (!item.lock) throw new TypeError(`item ${item.itemId} is not locked`);
    this.#table = table;
    this.#timers = timers;
    this.#itemId = item.itemId;
    this.#lockId = item.lock.lockId;
    this.#leaseMs = item.leaseMs ?? options.leaseMs;
    this.#expiresAtMs = item.lock.leaseExpiresAtMs;
    this.#total = item.nestedTasks;
    this.#tasksDone = item.tasksDone;
    this.#tasksWritten = item.tasksDone;
    this.#progressAtMs = table.now();
    this.#report = report;
    this.#schedule(this.#leaseMs / 3);
    this.#watch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the lease was lost; undefined while it is held. */
  get lostBecause(): string | undefined {
    return this.#why;
  }

  /** Whether the item is certainly still ours; asks the table if more than half the lease has passed. */
  async isHeld(): Promise<boolean> {
    const isOld = this.#expiresAtMs - this.#table.now() < this.#leaseMs / 2;
    if (this.#why === undefined && isOld) await Promise.race([this.#beat(), this.#lost]);
    return this.#why === undefined;
  }

  /** Takes the current number of done tasks, and writes it with a heartbeat. */
  progress(tasksDone: number): void {
    this.#tasksDone = tasksDone;
    const isFar = tasksDone - this.#tasksWritten >= Math.max(1, this.#total * PROGRESS_SHARE);
    if (isFar && this.#table.now() - this.#progressAtMs >= PROGRESS_MS && !this.#stopped) void this.#beat();
  }

  /** Ends the heartbeats. One that is in flight may still arrive; it is refused once the item has left this claim. */
  stop(): void {
    this.#stopped = true;
    this.#cancelBeat();
    this.#cancelDeadline();
  }

  #schedule(afterMs: number): void {
    if (this.#stopped || this.#why !== undefined) return;
    this.#cancelBeat();
    this.#cancelBeat = this.#timers.after(afterMs, () => void this.#beat());
  }

  #watch(): void {
    this.#cancelDeadline();
    if (this.#stopped || this.#why !== undefined) return;
    const leftMs = this.#expiresAtMs - this.#table.now();
    if (leftMs <= 0) this.#lose(this.#wasFrozen() ? FROZEN : "the table could not be reached before the lease ran out");
    else this.#cancelDeadline = this.#timers.after(leftMs, () => this.#watch());
  }

  /**
   * Whether no heartbeat was even attempted in the last two thirds of the lease, or its end was noticed far too late.
   */
  #wasFrozen(): boolean {
    const isLate = this.#table.now() - this.#expiresAtMs > this.#leaseMs / 3;
    return isLate || this.#triedAtMs === undefined || this.#triedAtMs >= this.#expiresAtMs;
  }

  #beat(): Promise<void> {
    this.#beating ??= this.#send().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #send(): Promise<void> {
    const tasksDone = this.#tasksDone;
    this.#triedAtMs ??= this.#table.now();
    const moved = tasksDone !== this.#tasksWritten;
    if (moved) this.#progressAtMs = this.#table.now();
    try {
      const mine = { itemId: this.#itemId, lockId: this.#lockId };
      const beat = { leaseMs: this.#leaseMs, tasksDone: moved ? tasksDone : undefined };
      const result = await heartbeat(this.#table, mine, beat);
      if (!result.held) return this.#lose(result.why === "gone" ? "it was deleted" : "somebody else has it");
      this.#triedAtMs = undefined;
      this.#expiresAtMs = result.leaseExpiresAtMs;
      this.#watch();
      this.#tasksWritten = tasksDone;
      this.#schedule(this.#leaseMs / 3);
    } catch (error) {
      this.#report({ kind: "store:unreachable", doing: `the heartbeat of ${this.#itemId}`, error: toError(error) });
      this.#schedule(Math.max(100, this.#leaseMs / 20));
    }
  }

  #lose(why: string): void {
    if (this.#stopped || this.#why !== undefined) return;
    this.#why = why;
    this.#cancelBeat();
    this.#cancelDeadline();
    this.#controller.abort("lease-lost");
  }
}
