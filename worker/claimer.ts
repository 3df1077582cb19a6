import { randomBytes } from "node:crypto";
import { type Claimant, claim } from "../lib/claim.ts";
import type { Candidate, WorkFinder } from "../lib/find-work.ts";
import type { Item } from "../lib/item.ts";
import type { SettingsCache } from "../lib/settings-cache.ts";
import type { Table } from "../lib/table.ts";
import type { Report } from "./events.ts";

/**
 * How long the rest of a page is good for further claims. Within the time that an index lags anyway a second look
 * would show the same; kept for longer, others have taken what it names (reference: 2 to 19 lost claims a task).
 */
const PAGE_FRESH_MS = 50;
/** And only while there are so many left that another claimer is unlikely to be after the same. */
const PLENTY = 8;

/** Turns free slots into claimed items. */
export class Claimer {
  readonly #table: Table;
  readonly #settings: SettingsCache;
  readonly #finder: WorkFinder;
  readonly #claimant: Claimant;
  readonly #report: Report;
  #rest: Candidate[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(table: Table, settings: SettingsCache, finder: WorkFinder, claimant: Claimant, report: Report) {
    this.#table = table;
    this.#settings = settings;
    this.#finder = finder;
    this.#claimant = claimant;
    this.#report = report;
  }

  /** Up to `wanted` items that are ours from now on; none when there is nothing to be had (of the steps accepted). */
  async claim(wanted: number, accepts: (step: string) => boolean): Promise<Item[]> {
    if (this.#rest.length < PLENTY || this.#table.now() - this.#readAtMs > PAGE_FRESH_MS) this.#rest = [];
    while (true) {
      this.#rest = this.#rest.filter((candidate) => accepts(candidate.step));
      if (this.#rest.length === 0) {
        this.#rest = await this.#finder.find(accepts);
        this.#readAtMs = this.#table.now();
        if (this.#rest.length === 0) return [];
      }
      const tries = this.#rest.splice(0, wanted);
      const items = await Promise.all(tries.map((candidate) => this.#try(candidate)));
      const won = items.filter((item) => item !== undefined);
      if (won.length > 0) return won;
    }
  }

  async #try(candidate: Candidate): Promise<Item | undefined> {
    const { shards } = await this.#settings.get();
    const lockId = randomBytes(12).toString("base64url");
    const result = await claim(this.#table, shards, candidate, this.#claimant, lockId);
    if (result.won) return result.item;
    this.#report({ kind: "claim:lost", ...candidate });
    return undefined;
  }
}
