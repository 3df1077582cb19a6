import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { ATTR, type Row } from "../store/attributes.ts";
import { stored } from "../store/expression.ts";
import { laterKey, priorityBand, shardOf, sortableMs, todoKey } from "../store/keys.ts";
import { mustKnow } from "../store/needs.ts";
import { STATE_INDEX } from "../store/schema.ts";
import type { Settings } from "../store/settings.ts";
import type { SettingsCache } from "../store/settings-cache.ts";
import type { Table } from "../table.ts";

/** An item that could be claimed when the index was read. */
export interface Candidate {
  itemId: string;
  step: string;
  /** it is in another worker's share, and that worker may be about to claim it */
  isOthers?: boolean;
  /** absent for retries, which come last */
  priority?: number;
}

/** Entries per page: at about 150 bytes each, 20 cost half a read unit, the same as a single one. */
const PAGE = 20;
/** With fewer candidates than this, many claimers would try for the same ones. */
const FEW = 5;
/** The range of the hash that divides items into shares. */
const HASH_RANGE = 2 ** 31;
/** How many ranges to read at once when the first one did not have enough. */
const READ_AT_ONCE = 5;
/** How long to skip a range that was found empty, while others have work. */
const EMPTY_MS = 5_000;
/** Before the finder says that nothing is left, every range must have been read this recently. */
const SURE_MS = 500;

/** A part of the index: one step, priority and shard. Any entry in it is as good to claim as any other. */
interface Range {
  key: string;
  step: string;
  stateKey: string;
  priority: number;
  band: string;
}

interface RangeMemory {
  /** when it was last found empty */
  emptyAtMs?: number;
  /** all of it fit on one page when it was last read, so there is no point in starting in the middle */
  fitsOnePage?: boolean;
}

/**
 * Finds items to claim. Each search reads one small page of one range from a random point, wrapping around, so that
 * claimers seldom collide: 0.003 to 0.03 lost claims per task with 1,000 to 4,000 workers.
 */
export class WorkFinder {
  readonly #table: Table;
  readonly #settings: SettingsCache;
  readonly #steps: readonly string[] | undefined;
  readonly #share: { index: number; size: number } | undefined;
  readonly #memory = new Map<string, RangeMemory>();
  /** by step: roughly when the oldest retry became ready */
  readonly #oldestReady = new Map<string, number>();

  /**
   * `steps`: search only these; all steps of the table if absent. `share`: which of how many equal workers this one is,
   * which children of an array job know. It takes items of its own share first, then of the others' shares.
   */
  constructor(table: Table, options: { steps?: readonly string[]; share?: { index: number; size: number } } = {}) {
    this.#table = table;
    this.#settings = table.settings;
    // find() refuses a newer table, but what this process has claimed goes on
    this.#settings.takeNewer();
    this.#steps = options.steps;
    this.#share = options.share;
  }

  /**
   * Candidates in the order in which to try them; none if no accepted step has an item that can be claimed now. Leaves
   * out paused steps, and finds nothing while the table is draining, according to settings that are at most 30 s old.
   */
  async find(accepts: (step: string) => boolean = () => true): Promise<Candidate[]> {
    const known = this.#ranges(await this.#known(), accepts);
    const found = await this.#firstOf(known, EMPTY_MS);
    if (found) return found;
    // the cached settings may lack new steps and priorities, or still have a pause that has been lifted
    const settings = await this.#known(SURE_MS);
    const steps = this.#openSteps(settings).filter(accepts);
    const ranges = this.#ranges(settings, accepts);
    this.#forgetReleased(ranges, settings);
    return (await this.#firstOf(ranges, SURE_MS)) ?? (await this.#ready(steps));
  }

  /**
   * What to try before an item that was just released: candidates with a higher priority, except in ranges that were
   * empty a moment ago. Undefined if the item must not be claimed because its step is paused or not ours, or because
   * the table is draining.
   */
  async findBefore(
    { step, priority }: { step: string; priority: number },
    accepts: (step: string) => boolean,
  ): Promise<Candidate[] | undefined> {
    const settings = await this.#known();
    if (!this.#isOpen(step, settings)) return undefined;
    const above = this.#ranges(settings, accepts, priority);
    return above.length > 0 ? ((await this.#firstOf(above, EMPTY_MS)) ?? []) : [];
  }

  /** Settings for a claim. Throws a NewerTableError if only a newer version knows all that they name. */
  async #known(freshMs?: number): Promise<Settings> {
    const settings = await this.#settings.get(freshMs);
    mustKnow(this.#table.name, settings);
    return settings;
  }

  /** An item that ended, perhaps one of our own, may have released others after their steps were found empty. */
  #forgetReleased(ranges: readonly Range[], { links }: Settings): void {
    if (links.size === 0) return;
    for (const { key, step } of ranges) if (links.has(step)) this.#memory.delete(key);
  }

  /**
   * When the next retry can be claimed, in milliseconds since the epoch; undefined if none is waiting. `own`: retries
   * that the index may not show yet.
   */
  async nextReadyAtMs(own: readonly { step: string; readyAtMs: number }[] = []): Promise<number | undefined> {
    const steps = this.#openSteps(await this.#settings.get());
    const heads = await Promise.all(steps.map((step) => this.#query(laterKey(step), "0", "~", 1)));
    const ownTimes = own.filter(({ step }) => steps.includes(step)).map((retry) => retry.readyAtMs);
    const times = [...heads.flat().map(readyAtMs), ...ownTimes];
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** The steps whose items may be claimed: none while the table is draining. */
  #openSteps({ steps, paused, draining }: Settings): string[] {
    if (draining) return [];
    return (this.#steps ?? [...steps.keys()]).filter((step) => !paused.has(step));
  }

  #isOpen(step: string, { paused, draining }: Settings): boolean {
    return !draining && !paused.has(step) && (this.#steps?.includes(step) ?? true);
  }

  /** The ranges to look through, highest priority first; with `above`, only those with a higher priority. */
  #ranges(settings: Settings, accepts: (step: string) => boolean, above = Number.NEGATIVE_INFINITY): Range[] {
    const { steps, shards } = settings;
    const ranges: Range[] = [];
    for (const step of this.#openSteps(settings)) {
      if (!accepts(step)) continue;
      for (const priority of steps.get(step) ?? []) {
        if (priority <= above) continue;
        const band = priorityBand(priority);
        for (let shard = 0; shard < shards; shard++) {
          ranges.push({ key: `${band}#${shard}#${step}`, step, stateKey: todoKey(step, shard), priority, band });
        }
      }
    }
    this.#shuffle(ranges);
    return ranges.sort((a, b) => Number(a.band) - Number(b.band));
  }

  /**
   * The candidates of the first range that has any. If there are only a few, also reads more ranges of the same
   * priority, several at a time: a short list is spread thinly over its shards, and otherwise many claimers would try
   * for the same few items.
   */
  async #firstOf(ranges: readonly Range[], emptyMs: number): Promise<Candidate[] | undefined> {
    const isDue = ({ key }: Range) => this.#table.now() - (this.#memory.get(key)?.emptyAtMs ?? 0) >= emptyMs;
    const due = ranges.filter(isDue);
    const found: Candidate[] = [];
    let band: string | undefined;
    for (let at = 0, width = 1; at < due.length && found.length < FEW; at += width, width = READ_AT_ONCE) {
      const next = due.slice(at, at + width).filter((range) => band === undefined || range.band === band);
      const pages = await Promise.all(next.map(async (range) => ({ range, rows: await this.#look(range) })));
      band ??= pages.find(({ rows }) => rows.length > 0)?.range.band;
      for (const { range, rows } of pages) if (range.band === band) found.push(...toCandidates(rows, range));
    }
    return found.length > 0 ? this.#inOrder(found) : undefined;
  }

  async #look({ key, stateKey, band }: Range): Promise<Row[]> {
    const memory = this.#memory.get(key) ?? {};
    const [start, end] = [`${band}#`, `${band}$`]; // `$` is the character after `#`
    const from = memory.fitsOnePage ? start : start + this.#randomSpread();
    const rows = await this.#query(stateKey, from, end, PAGE);
    const wraps = rows.length < PAGE && from !== start;
    if (wraps) rows.push(...(await this.#query(stateKey, start, from, PAGE - rows.length)));
    const allSeen = (wraps || from === start) && rows.length < PAGE;
    this.#memory.set(key, {
      fitsOnePage: allSeen,
      ...(rows.length === 0 && { emptyAtMs: this.#table.now() }),
    });
    return rows;
  }

  /** Retries that are ready by now, from a random point among them, wrapping around. */
  async #ready(steps: readonly string[]): Promise<Candidate[]> {
    const nowMs = this.#table.now();
    const end = `${sortableMs(nowMs)}$`;
    for (const step of steps) {
      const oldestMs = this.#oldestReady.get(step);
      const from = oldestMs === undefined ? "" : sortableMs(oldestMs + (nowMs - oldestMs) * this.#table.random());
      const rows = await this.#query(laterKey(step), from || "0", end, PAGE);
      if (rows.length < FEW && from) rows.push(...(await this.#query(laterKey(step), "0", from, PAGE)));
      if (rows.length > 0) {
        this.#oldestReady.set(step, Math.min(...rows.map(readyAtMs)));
        return this.#inOrder(rows.map((row) => ({ itemId: String(row[ATTR.itemId]), step })));
      }
      this.#oldestReady.delete(step);
    }
    return [];
  }

  async #query(stateKey: string, from: string, to: string, limit: number): Promise<Row[]> {
    const page = await this.#table.db.send(
      new QueryCommand({
        TableName: this.#table.name,
        IndexName: STATE_INDEX,
        KeyConditionExpression: "#key = :key AND #sort BETWEEN :from AND :to",
        ExpressionAttributeNames: { "#key": ATTR.stateKey, "#sort": ATTR.stateSort },
        ExpressionAttributeValues: stored({ ":key": stateKey, ":from": from, ":to": to }),
        Limit: limit,
      }),
    );
    return (page.Items ?? []).map((row) => unmarshall(row));
  }

  /**
   * Workers that know how many of them there are divide the items into shares by a hash. Each takes its own share from
   * the front, then the next worker's share from the back, so that the owner and the helper only meet at the last item
   * of a share.
   */
  #inOrder(candidates: Candidate[]): Candidate[] {
    this.#shuffle(candidates);
    const share = this.#share;
    if (!share) return candidates;
    const ranked = candidates.map((candidate) => {
      const place = shardOf(`share of ${candidate.itemId}`, HASH_RANGE);
      const distance = ((place % share.size) - share.index + share.size) % share.size;
      return { candidate, distance, place: distance === 0 ? place : -place };
    });
    ranked.sort((a, b) => a.distance - b.distance || a.place - b.place);
    return ranked.map(({ candidate, distance }) => ({ ...candidate, isOthers: distance > 0 }));
  }

  #shuffle(list: unknown[]): void {
    for (let last = list.length - 1; last > 0; last--) {
      const other = Math.floor(this.#table.random() * (last + 1));
      [list[last], list[other]] = [list[other], list[last]];
    }
  }

  #randomSpread(): string {
    return Math.floor(this.#table.random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, "0");
  }
}

function toCandidates(rows: readonly Row[], { step, priority }: Range): Candidate[] {
  return rows.map((row) => ({ itemId: String(row[ATTR.itemId]), step, priority }));
}

function readyAtMs(row: Row): number {
  return Number.parseInt(String(row[ATTR.stateSort]), 10);
}
