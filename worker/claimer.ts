import { randomBytes } from "node:crypto";
import { type Claimant, claim } from "../lib/claims/claim.ts";
import type { Candidate, WorkFinder } from "../lib/claims/find-work.ts";
import { RowError } from "../lib/errors.ts";
import { pause, type Timers } from "../lib/flow/timers.ts";
import type { Item } from "../lib/items/item.ts";
import { readItem } from "../lib/store/read-row.ts";
import type { Released, Table } from "../lib/table.ts";
import type { WorkerContext } from "./context.ts";
import type { Report } from "./events.ts";
import { HandedItems } from "./handed-items.ts";

/**
 * How long the rest of a page may be used for further claims. The index lags by about this long anyway, so another look
 * would show the same. If kept longer, the page lists items that others have claimed (2 to 19 lost claims per task).
 */
const PAGE_FRESH_MS = 25;
/**
 * The rest is used only while it holds at least this many; with fewer, other claimers are likely to try the same ones.
 */
const PLENTY = 8;
/**
 * After this many rounds in which every claim was lost, pause before the next, because everybody is trying the same few
 * items.
 */
const LOST_ROUNDS = 3;
const MAX_LOST_ROUNDS = 12;
/** The longest time to leave an item to the worker whose share it is in, however slow the table is. */
const MAX_OWNERS_MS = 2_000;

/** A claim about to be made, with the token by which we recognize it as ours if its reply is lost. */
interface Try extends Pick<Candidate, "itemId" | "step"> {
  lockId: string;
}

/** The parts of a worker's context that a claimer needs. */
export type ClaimerContext = Pick<WorkerContext, "table" | "timers" | "report">;

/** Turns free slots into claimed items. */
export class Claimer {
  readonly #table: Table;
  readonly #timers: Timers;
  readonly #finder: WorkFinder;
  readonly #claimant: Claimant;
  readonly #report: Report;
  /** candidates from the last look that no claim has taken yet */
  #rest: Candidate[] = [];
  /** how many the last look found */
  #found = Number.POSITIVE_INFINITY;
  readonly #handed: HandedItems;
  /** called when an item is handed over, which a free slot may claim at once */
  onHandOver = () => {};
  /** the look in progress, which concurrent claims share */
  #looking: Promise<void> | undefined;
  /**
   * Items that are being claimed (infinity), and for others the look after which they were claimed: a look that began
   * earlier may still list them. Looks are counted, because clocks may be set back.
   */
  readonly #triedAfter = new Map<string, number>();
  #looks = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** how long the last look took */
  #lookMs = 0;
  /** claims that ended in an error: they may have been written, so they are repeated before any others */
  #unsure: Try[] = [];

  constructor({ table, timers, report }: ClaimerContext, finder: WorkFinder, claimant: Claimant) {
    this.#table = table;
    this.#timers = timers;
    this.#finder = finder;
    this.#claimant = claimant;
    this.#report = report;
    this.#handed = new HandedItems({ now: table.now, timers });
  }

  /**
   * Takes over an item that this worker has released: the next claim tries it, unless others have a higher priority.
   */
  handOver(released: Released): void {
    this.#handed.add(released);
    this.onHandOver();
  }

  /** Records that the end of an item, which may release others, is being written until `written` resolves. */
  expect(written: Promise<void>): void {
    this.#handed.expect(written);
  }

  /**
   * Claims up to `wanted` items of accepted steps. Returns none if there are none besides those that other calls are
   * claiming, or if `signal` is aborted. Throws if the table cannot be reached and nothing was won.
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

  /** The items of claims that ended in an error but were written: nobody else can have them until the lease is over. */
  async takeUnsure(): Promise<Item[]> {
    const found = this.#unsure.splice(0).map(async ({ itemId, lockId }) => {
      const item = await readItem(this.#table, itemId);
      return item?.state === "locked" && item.lock?.lockId === lockId ? [item] : [];
    });
    const read = await Promise.allSettled(found);
    return read.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  }

  async #next(wanted: number, accepts: (step: string) => boolean, signal?: AbortSignal): Promise<Try[]> {
    if (this.#unsure.length > 0) return this.#unsure.splice(0, wanted);
    this.#rest = this.#rest.filter((candidate) => accepts(candidate.step));
    let handed = await this.#takeHanded(wanted, accepts);
    // a look that is unlikely to find anything costs more than waiting for what is about to be released
    if (handed.length === 0 && this.#rest.length === 0 && this.#found < PLENTY && (await this.#hasFollowers())) {
      await this.#handed.whenEnded(signal);
      if (signal?.aborted) return [];
      handed = await this.#takeHanded(wanted, accepts);
    }
    let isOwn = false;
    while (handed.length === 0 && this.#rest.length === 0) {
      isOwn ||= this.#looking === undefined;
      this.#looking ??= this.#fill(accepts, signal).finally(() => {
        this.#looking = undefined;
      });
      await this.#handed.orArrival(this.#looking);
      if (signal?.aborted) return [];
      handed = await this.#takeHanded(wanted, accepts);
      // others that waited for the same look may have taken everything
      if (isOwn && this.#looking === undefined) break;
    }
    if (signal?.aborted) return [];
    const candidates = handed.length > 0 ? handed : this.#rest.splice(0, wanted);
    for (const { itemId } of candidates) this.#handed.drop(itemId);
    return candidates.map(({ itemId, step }) => ({ itemId, step, lockId: randomBytes(12).toString("base64url") }));
  }

  /**
   * Takes up to `wanted` of the items that this worker has released, unless others with a higher priority are found.
   */
  async #takeHanded(wanted: number, accepts: (step: string) => boolean): Promise<Candidate[]> {
    const taken: Candidate[] = [];
    while (taken.length < wanted) {
      const item = this.#handed.take(this.#rest[0]?.priority);
      if (!item) break;
      if (!accepts(item.step)) continue;
      const before = await this.#finder.findBefore(item, accepts);
      const isOurs = (itemId: string) => this.#triedAfter.has(itemId) || taken.some((one) => one.itemId === itemId);
      const first = before?.filter(({ itemId }) => !isOurs(itemId)) ?? [];
      if (first.length > 0) {
        this.#handed.add(item);
        this.#rest = first;
        this.#readAtMs = this.#table.now();
      } else if (before && this.#triedAfter.get(item.itemId) !== Number.POSITIVE_INFINITY) {
        taken.push({ itemId: item.itemId, step: item.step });
        this.#rest = this.#rest.filter(({ itemId }) => itemId !== item.itemId);
      }
    }
    return taken;
  }

  async #hasFollowers(): Promise<boolean> {
    return (await this.#table.settings.get()).links.size > 0;
  }

  async #fill(accepts: (step: string) => boolean, signal: AbortSignal | undefined): Promise<void> {
    this.#rest = await this.#look(accepts);
    if (this.#isScarce() && this.#rest.every(({ isOthers }) => isOthers)) {
      await this.#leaveTheOwnersTime(signal);
      if (signal?.aborted) return;
      this.#rest = await this.#look(accepts);
    }
    const own = this.#rest.filter(({ isOthers }) => !isOthers);
    if (this.#isScarce() && own.length > 0) this.#rest = own;
  }

  async #look(accepts: (step: string) => boolean): Promise<Candidate[]> {
    const beganAtMs = this.#table.now();
    const look = ++this.#looks;
    const found = await this.#finder.find(accepts);
    this.#readAtMs = this.#table.now();
    this.#lookMs = Math.max(0, this.#readAtMs - beganAtMs);
    this.#found = found.length;
    for (const [itemId, after] of this.#triedAfter) if (after < look) this.#triedAfter.delete(itemId);
    return found.filter(({ itemId }) => !this.#triedAfter.has(itemId));
  }

  /** Whether so few items were found that every free worker is probably trying to claim them now. */
  #isScarce(): boolean {
    return this.#rest.length > 0 && this.#rest.length < PLENTY;
  }

  /**
   * A free owner needs one look and one write, each about as long as our own look took; after that time, it has been
   * first.
   */
  async #leaveTheOwnersTime(signal: AbortSignal | undefined): Promise<void> {
    const waitMs = this.#lookMs * (2 + 4 * this.#table.random());
    await pause(this.#timers, Math.min(waitMs, MAX_OWNERS_MS), signal);
  }

  /** An error in one claim must not lose the items that the others won. */
  async #makeAll(tries: readonly Try[]): Promise<Item[]> {
    for (const { itemId } of tries) this.#triedAfter.set(itemId, Number.POSITIVE_INFINITY);
    const results = await Promise.allSettled(tries.map((one) => this.#make(one)));
    for (const { itemId } of tries) this.#triedAfter.set(itemId, this.#looks);
    const won: Item[] = [];
    let failure: PromiseRejectedResult | undefined;
    for (const [index, result] of results.entries()) {
      const one = tries[index];
      if (result.status === "fulfilled") {
        if (result.value) won.push(result.value);
      } else {
        failure = result;
        // a row that cannot be parsed now cannot be parsed next time either
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
