import { randomBytes } from "node:crypto";
import { type Claimant, claim } from "../lib/claims/claim.ts";
import type { Candidate, WorkFinder } from "../lib/claims/find-work.ts";
import { RowError } from "../lib/errors.ts";
import { pause, type Timers } from "../lib/flow/timers.ts";
import type { Item } from "../lib/items/item.ts";
import type { Table } from "../lib/table.ts";
import type { WorkerContext } from "./context.ts";
import type { Report } from "./events.ts";

/**
 * How long the rest of a page is good for further claims. Within the time that an index lags anyway a second look
 * would show the same; kept for longer, others have taken what it names (reference: 2 to 19 lost claims a task).
 */
const PAGE_FRESH_MS = 50;
/** And only while there are so many left that another claimer is unlikely to be after the same. */
const PLENTY = 8;
/** After so many tries that were all lost there is a pause before the next: everybody is after the same few. */
const LOST_ROUNDS = 3;
const MAX_LOST_ROUNDS = 12;
/** Those whose share an item lies in are given no longer than this to claim it, however slow the table is. */
const MAX_OWNERS_MS = 2_000;

/** A claim about to be made, under the token that makes it known for ours should its reply get lost. */
interface Try extends Pick<Candidate, "itemId" | "step"> {
  lockId: string;
}

/** What a claimer works with: the parts of a worker's context that it needs. */
export type ClaimerContext = Pick<WorkerContext, "table" | "timers" | "report">;

/** Turns free slots into claimed items. */
export class Claimer {
  readonly #table: Table;
  readonly #timers: Timers;
  readonly #finder: WorkFinder;
  readonly #claimant: Claimant;
  readonly #report: Report;
  #rest: Candidate[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** how long the last look took */
  #lookMs = 0;
  /** claims that ended in an error: the write may have counted, so they are made again before any others */
  #unsure: Try[] = [];

  constructor({ table, timers, report }: ClaimerContext, finder: WorkFinder, claimant: Claimant) {
    this.#table = table;
    this.#timers = timers;
    this.#finder = finder;
    this.#claimant = claimant;
    this.#report = report;
  }

  /**
   * Up to `wanted` items that are ours from now on; none when there is nothing to be had (of the steps accepted), or
   * `signal` says stop. Throws when the table cannot be reached and nothing was won.
   */
  async claim(wanted: number, accepts: (step: string) => boolean, signal?: AbortSignal): Promise<Item[]> {
    if (this.#rest.length < PLENTY || this.#table.now() - this.#readAtMs > PAGE_FRESH_MS) this.#rest = [];
    for (let lostRounds = 0; !signal?.aborted && lostRounds < MAX_LOST_ROUNDS; lostRounds++) {
      if (lostRounds >= LOST_ROUNDS) await this.#backOff(lostRounds, signal);
      const tries = await this.#next(wanted, accepts, signal);
      if (tries.length === 0) return [];
      const won = await this.#makeAll(tries);
      if (won.length > 0) return won;
    }
    return [];
  }

  async #next(wanted: number, accepts: (step: string) => boolean, signal?: AbortSignal): Promise<Try[]> {
    if (this.#unsure.length > 0) return this.#unsure.splice(0, wanted);
    this.#rest = this.#rest.filter((candidate) => accepts(candidate.step));
    if (this.#rest.length === 0) {
      this.#rest = await this.#look(accepts);
      if (this.#isScarce() && this.#rest.every(({ isOthers }) => isOthers)) {
        await this.#leaveTheOwnersTime(signal);
        if (signal?.aborted) return [];
        this.#rest = await this.#look(accepts);
      }
      const own = this.#rest.filter(({ isOthers }) => !isOthers);
      if (this.#isScarce() && own.length > 0) this.#rest = own;
    }
    const candidates = this.#rest.splice(0, wanted);
    return candidates.map(({ itemId, step }) => ({ itemId, step, lockId: randomBytes(12).toString("base64url") }));
  }

  async #look(accepts: (step: string) => boolean): Promise<Candidate[]> {
    const beganAtMs = this.#table.now();
    const found = await this.#finder.find(accepts);
    this.#readAtMs = this.#table.now();
    this.#lookMs = Math.max(0, this.#readAtMs - beganAtMs);
    return found;
  }

  /** So few were found that whoever may claim one is likely to be after it now. */
  #isScarce(): boolean {
    return this.#rest.length > 0 && this.#rest.length < PLENTY;
  }

  /** An owner that is free is first by then: it needs one look and one write, each about as long as our own look took. */
  async #leaveTheOwnersTime(signal: AbortSignal | undefined): Promise<void> {
    const waitMs = this.#lookMs * (2 + 4 * this.#table.random());
    await pause(this.#timers, Math.min(waitMs, MAX_OWNERS_MS), signal);
  }

  /** What one claim throws must not make us forget the items that the others have won. */
  async #makeAll(tries: readonly Try[]): Promise<Item[]> {
    const results = await Promise.allSettled(tries.map((one) => this.#make(one)));
    const won: Item[] = [];
    let failure: PromiseRejectedResult | undefined;
    for (const [index, result] of results.entries()) {
      const one = tries[index];
      if (result.status === "fulfilled") {
        if (result.value) won.push(result.value);
      } else {
        failure = result;
        // a row that cannot be read would not be so the next time either
        if (one && !(result.reason instanceof RowError)) this.#unsure.push(one);
      }
    }
    if (failure && won.length === 0) throw failure.reason;
    return won;
  }

  async #make({ lockId, ...candidate }: Try): Promise<Item | undefined> {
    const result = await claim(this.#table, candidate, this.#claimant, lockId);
    if (result.won) return result.item;
    this.#report({ kind: "claim:lost", ...candidate });
    return undefined;
  }

  async #backOff(lostRounds: number, signal: AbortSignal | undefined): Promise<void> {
    const waitMs = this.#table.random() * Math.min(2_000, 20 * 2 ** lostRounds);
    await pause(this.#timers, waitMs, signal);
  }
}
