import { mayReleaseMore } from "../lib/claims/expected-work.ts";
import { fail } from "../lib/claims/fail.ts";
import { WorkFinder } from "../lib/claims/find-work.ts";
import { isCredentialsError, toError } from "../lib/errors.ts";
import { Semaphore } from "../lib/flow/semaphore.ts";
import { pause } from "../lib/flow/timers.ts";
import type { Item } from "../lib/items/item.ts";
import { FailureWatch } from "../lib/settings/failure-watch.ts";
import { standstills } from "../lib/settings/standstills.ts";
import type { Table } from "../lib/table.ts";
import { Claimer } from "./claimer.ts";
import type { WorkerContext } from "./context.ts";
import type { WorkerIdentity } from "./identity.ts";
import { InputStager } from "./input-stager.ts";
import { isPermanent } from "./insist.ts";
import { OwnRetries } from "./own-retries.ts";
import { openPublisher } from "./results/open-publisher.ts";
import type { Publisher } from "./results/publisher.ts";
import { Room } from "./results/room.ts";
import { runItem } from "./run-item.ts";
import { WallTime } from "./wall-time.ts";

/** Why a worker ended. */
export type WorkerEndReason = "empty" | "wall-time" | "stopped" | "unfit";

/** What one worker did from start to end. */
export interface WorkerReport {
  reason: WorkerEndReason;
  claimed: number;
  ended: Partial<Record<"done" | "failed" | "todo" | "lease-lost", number>>;
}

/** How long the table may be unreachable before a worker with nothing to do gives up. */
export const UNREACHABLE_MS = 5 * 60_000;

/** How long a worker that has ended an item may take to release what waits for it. */
const RELEASE_MS = 10_000;

const NEVER = { after: 0, share: 1 };

/** Workers of a job with more workers than this spread their first look for work over several seconds. */
const MANY = 20;
const START_SPREAD_MS = 3_000;

/** The claim loop: claims items for free slots, runs them, and ends when nothing is left or when told to stop. */
export class Worker {
  readonly #context: WorkerContext;
  readonly #claimer: Claimer;
  readonly #finder: WorkFinder;
  readonly #wallTime: WallTime;
  readonly #ownRetries: OwnRetries;
  /** slots for scripts, each taken while an item is being claimed for it and until the item's tasks have succeeded */
  readonly #slots: Semaphore;
  /** items that have a slot, or whose success is being written */
  readonly #items = new Semaphore(Number.POSITIVE_INFINITY);
  /** how many items have left their slots before their success is written; at most as many as there are slots */
  #ending = 0;
  /** claims that the loop does not wait for */
  readonly #claims = new Semaphore(Number.POSITIVE_INFINITY);
  /** whether the last look found something; if so, the next is worth making before its slot is the only free one */
  #isBusy = false;
  readonly #interrupt = new AbortController();
  readonly #ended: WorkerReport["ended"] = {};
  #claimed = 0;
  #reachedAtMs: number;
  /** whether its credentials are renewed, so that rejected ones may soon be replaced */
  #isRenewable: boolean;
  /** since when it has had nothing to do; undefined while it has work */
  #idleSinceMs: number | undefined;
  /** when it last saw running items that will release others */
  #expectedAtMs = Number.NEGATIVE_INFINITY;
  #cancelWallTimer = () => {};
  #endReason: WorkerEndReason | undefined;
  #results: Promise<Publisher> | undefined;

  constructor(
    context: Omit<WorkerContext, "stop" | "giveUp" | "failures" | "openResults" | "room" | "inputs">,
    identity: WorkerIdentity,
  ) {
    const { options, report } = context;
    const table: Table = { ...context.table, onReleased: (released) => this.#claimer.handOver(released) };
    const giveUp = (why: string) => this.stop(why, "unfit");
    const failures = new FailureWatch(table, options.pause ?? NEVER, identity.instance);
    const openResults = () => {
      this.#results ??= openPublisher(this.#context);
      return this.#results;
    };
    const room = new Room({ ...context, table });
    const base = { ...context, table, stop: this.#interrupt.signal, giveUp, failures, openResults, room };
    this.#context = { ...base, inputs: new InputStager(base) };
    this.#finder = new WorkFinder(table, options);
    const claimant = { ...identity, leaseMs: options.leaseMs };
    this.#claimer = new Claimer(context, this.#finder, claimant);
    this.#wallTime = new WallTime({ startedAtMs: table.now(), wallTimeMs: options.wallTimeMs });
    this.#ownRetries = new OwnRetries(context.timers);
    this.#slots = new Semaphore(options.items);
    this.#reachedAtMs = table.now();
    this.#isRenewable = options.renewsCredentials === true;
    report({ kind: "worker:started", ...identity });
  }

  /** Works until the end. Never throws because of an item; throws if the table cannot be reached for 5 minutes. */
  async run(): Promise<WorkerReport> {
    this.#startWallTimer();
    try {
      await this.#loop();
    } finally {
      this.#cancelWallTimer();
      await this.#claims.whenIdle();
      if (this.#stopping) for (const item of await this.#claimer.takeUnsure()) this.#start(item);
      await this.#items.whenIdle();
      this.#ownRetries.dropAll();
      await (await this.#results)?.close();
    }
    if (this.#endReason === undefined) await this.#tellWhatIsLeft();
    return { reason: this.#endReason ?? "empty", claimed: this.#claimed, ended: { ...this.#ended } };
  }

  /** Stops claiming, stops the running tasks and releases their items. `run` resolves when that is done. */
  stop(why: string, reason: WorkerEndReason = "stopped"): void {
    if (this.#interrupt.signal.aborted) return;
    this.#endReason = reason;
    this.#context.report({ kind: "worker:stopping", why });
    this.#interrupt.abort("interrupted");
  }

  get #stopping(): boolean {
    return this.#interrupt.signal.aborted;
  }

  /**
   * While there is work, claims for each slot as soon as it becomes free, concurrently with other claims. Only a look
   * while nothing else is running can decide that no work is left.
   */
  async #loop(): Promise<void> {
    const { options, table, report } = this.#context;
    let pollMs = options.pollMs;
    // the workers of a job start together and would all look at the same few keys
    if ((options.share?.size ?? 1) > MANY) await this.#pause(START_SPREAD_MS * table.random());
    while (!this.#stopping) {
      await this.#slots.whenFree(this.#interrupt.signal);
      if (this.#stopping) return;
      if (this.#isBusy) {
        void this.#claims.run(() => this.#claimBeside());
        continue;
      }
      await this.#claims.whenIdle();
      if (this.#slots.free === 0 || this.#stopping) continue;
      let refused = false;
      const accepts = (step: string) => {
        const fits = this.#wallTime.fits(step, table.now());
        refused ||= !fits;
        return fits;
      };
      let items: Item[] | undefined;
      try {
        items = await this.#claimer.claim(this.#slots.free, accepts, this.#interrupt.signal);
        if (items.length === 0 && this.#items.running === 0 && !(await this.#stays(refused, pollMs))) return;
        this.#reached();
      } catch (error) {
        report({ kind: "store:unreachable", doing: "the look for work", error: toError(error) });
        const isHopeless = isPermanent(error) && !(this.#isRenewable && isCredentialsError(error));
        if (isHopeless || table.now() - this.#reachedAtMs > UNREACHABLE_MS) throw error;
      }
      for (const item of items ?? []) this.#start(item, this.#takeSlot());
      if (items && items.length > 0) {
        this.#isBusy = true;
        pollMs = options.pollMs;
        this.#idleSinceMs = undefined;
        continue;
      }
      await this.#pause(pollMs);
      pollMs = Math.min(options.maxPollMs, pollMs * 2);
    }
  }

  /** Claims for all free slots; if it finds nothing, the loop goes back to looking on its own. Never throws. */
  async #claimBeside(): Promise<void> {
    const { table, report } = this.#context;
    const free = Array.from({ length: this.#slots.free }, () => this.#takeSlot());
    let items: Item[] = [];
    try {
      const fits = (step: string) => this.#wallTime.fits(step, table.now());
      items = await this.#claimer.claim(free.length, fits, this.#interrupt.signal);
      this.#reached();
    } catch (error) {
      report({ kind: "store:unreachable", doing: "the look for work", error: toError(error) });
    }
    if (items.length === 0) this.#isBusy = false;
    for (const item of items) this.#start(item, free.pop());
    for (const leave of free) leave();
  }

  /** The table has answered, so if it rejects credentials later, they have expired and will be renewed. */
  #reached(): void {
    this.#reachedAtMs = this.#context.table.now();
    this.#isRenewable = true;
  }

  /** Takes a free slot; returns a function that frees it. */
  #takeSlot(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    void this.#slots.run(() => promise);
    return resolve;
  }

  /** Whether an idle worker keeps looking: it was told to wait, a retry is due soon, or others will release work. */
  async #stays(refused: boolean, pollMs: number): Promise<boolean> {
    const { options, table } = this.#context;
    if (refused || !this.#wallTime.hasTime(table.now())) {
      this.#endReason = "wall-time";
      return false;
    }
    if (options.whenEmpty === "wait") return true;
    const readyAtMs = await this.#finder.nextReadyAtMs(this.#ownRetries.all);
    if (readyAtMs === undefined || readyAtMs - table.now() > options.patienceMs) return this.#expectsRelease();
    await this.#pause(Math.max(0, readyAtMs - table.now() - pollMs));
    return true;
  }

  /** A new worker on Batch takes minutes to start, so one that has just become idle stays for about as long. */
  async #expectsRelease(): Promise<boolean> {
    const { options, table } = this.#context;
    this.#idleSinceMs ??= table.now();
    if (table.now() - this.#idleSinceMs >= options.stayMs) return false;
    if (await mayReleaseMore(table, options.steps)) this.#expectedAtMs = table.now();
    // the process that ended the last item may be about to release what waits for it
    return table.now() - this.#expectedAtMs < RELEASE_MS;
  }

  /** The settings are fresh here, because a look for work that finds nothing ends by reading them. */
  async #tellWhatIsLeft(): Promise<void> {
    const { table, options, report } = this.#context;
    for (const one of standstills(await table.settings.get(), options.steps)) report({ kind: "work:left", ...one });
  }

  /**
   * Pauses, but not beyond a stop, a release, or the end of the last running item, because the worker may have to end
   * then.
   */
  async #pause(forMs: number): Promise<void> {
    const jitteredMs = forMs * (0.5 + this.#context.table.random() * 0.5);
    const idle = new AbortController();
    this.#claimer.onHandOver = () => idle.abort();
    if (this.#items.running > 0) void this.#items.whenIdle().then(() => idle.abort());
    const signal = AbortSignal.any([this.#interrupt.signal, idle.signal]);
    await pause(this.#context.timers, jitteredMs, signal);
  }

  #start(item: Item, leaveSlot = () => {}): void {
    const { itemId, step, attempt } = item;
    this.#claimed++;
    this.#ownRetries.drop(itemId);
    this.#context.report({ kind: "item:claimed", itemId, step, attempt });
    void this.#items.run(() => this.#runToEnd(item, leaveSlot)).finally(leaveSlot);
  }

  async #runToEnd(item: Item, leaveSlot: () => void): Promise<void> {
    let isEnding = false;
    const written = Promise.withResolvers<void>();
    const onRan = (wallSeconds: number) => {
      this.#wallTime.add(item.step, wallSeconds);
      if (this.#ending >= this.#context.options.items) return;
      isEnding = true;
      this.#ending++;
      this.#claimer.expect(written.promise);
      leaveSlot();
    };
    try {
      const end = await runItem(this.#context, item, onRan);
      const { readyAtMs = this.#context.table.now() } = end;
      if (end.state === "todo") this.#ownRetries.add(item.itemId, { step: item.step, readyAtMs });
      const name = end.state === "done" || end.state === "failed" || end.state === "todo" ? end.state : "lease-lost";
      this.#ended[name] = (this.#ended[name] ?? 0) + 1;
    } catch (error) {
      await this.#giveBack(item, toError(error));
    } finally {
      written.resolve();
      if (isEnding) this.#ending--;
    }
  }

  /** How far the item got is unknown, so it is returned as lost; if the table is unreachable, its lease runs out. */
  async #giveBack(item: Item, error: Error): Promise<void> {
    const { table, options, report } = this.#context;
    report({ kind: "store:unreachable", doing: `item ${item.itemId}`, error });
    const outcome = { cause: "lost", message: `its worker could not continue: ${error.message}` } as const;
    const ended = await fail(table, item, outcome, options.policy).catch(() => {});
    if (ended?.result.won) {
      const { itemId, step, attempt } = item;
      const { state } = ended.next;
      report({ kind: "item:returned", itemId, step, attempt, state, cause: outcome.cause, why: outcome.message });
    }
    this.#ended["lease-lost"] = (this.#ended["lease-lost"] ?? 0) + 1;
  }

  #startWallTimer(): void {
    const { options, timers } = this.#context;
    if (options.wallTimeMs === undefined) return;
    this.#cancelWallTimer = timers.after(options.wallTimeMs, () => this.stop("its wall time is up", "wall-time"));
  }
}
