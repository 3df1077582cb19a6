import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import { ATTR, type Row } from "../store/attributes.ts";
import { laterKey, priorityBand, shardOf, sortableMs, todoKey } from "../store/keys.ts";
import { STATE_INDEX } from "../store/schema.ts";
import type { Settings } from "../store/settings.ts";
import type { SettingsCache } from "../store/settings-cache.ts";
import type { Table } from "../table.ts";

/** An item that was to be had when the index was read. */
export interface Candidate {
  itemId: string;
  step: string;
  /** it lies in the share of another worker, who may be about to claim it */
  isOthers?: boolean;
}

/** Keys in one page: with some 150 bytes an entry they cost half a read unit, as one alone would. */
const PAGE = 20;
/** Fewer candidates than this are too few for many claimers to choose from. */
const FEW = 5;
/** Into how many places the hash that shares items out puts them. */
const PLACES = 2 ** 31;
/** Lanes that are read at once when one did not do. */
const SIDE_BY_SIDE = 5;
/** How long a lane that was found empty is passed over while others have work. */
const EMPTY_MS = 5_000;
/** Before "there is nothing" is said, every lane must have been looked at this lately. */
const SURE_MS = 500;

/** One step, priority and shard: a range of the index in which every entry is as good as the next. */
interface Lane {
  key: string;
  step: string;
  stateKey: string;
  band: string;
}

interface LaneMemory {
  /** found empty at */
  emptyAtMs?: number;
  /** all of it fitted one page when it was last read: there is no point in starting in the middle */
  small?: boolean;
}

/**
 * Finds items to claim. Every look reads one small page of one lane from a random point, wrapping round, so that
 * claimers seldom meet (design.md and reference figures: 0.003 to 0.03 lost claims a task at 1,000 to 4,000 workers).
 */
export class WorkFinder {
  readonly #table: Table;
  readonly #settings: SettingsCache;
  readonly #steps: readonly string[] | undefined;
  readonly #share: { index: number; size: number } | undefined;
  readonly #memory = new Map<string, LaneMemory>();
  /** of each step, when about the retries that are ready begin */
  readonly #oldestReady = new Map<string, number>();

  /**
   * `steps`: only these; all that the table has if absent. `share`: which of how many equal workers this one is (the
   * children of an array job know): it takes the items of its share first, and the others' after.
   */
  constructor(table: Table, options: { steps?: readonly string[]; share?: { index: number; size: number } } = {}) {
    this.#table = table;
    this.#settings = table.settings;
    this.#steps = options.steps;
    this.#share = options.share;
  }

  /**
   * Candidates in the order in which to try them; none when no step that is accepted has an item to be had now. Paused
   * steps are left out, and while the table is drained there are none: known from settings that are 30 s old at most.
   */
  async find(accepts: (step: string) => boolean = () => true): Promise<Candidate[]> {
    const known = this.#lanes(await this.#settings.get(), accepts);
    const found = await this.#firstOf(known, EMPTY_MS);
    if (found) return found;
    // by now there may be steps and priorities that the settings at hand do not know, and less may be held up
    const settings = await this.#settings.get(SURE_MS);
    const steps = this.#openSteps(settings).filter(accepts);
    return (await this.#firstOf(this.#lanes(settings, accepts), SURE_MS)) ?? (await this.#ready(steps));
  }

  /** When the next retry may be claimed, in milliseconds since the epoch; undefined if none waits. */
  async nextReadyAtMs(): Promise<number | undefined> {
    const steps = this.#openSteps(await this.#settings.get());
    const heads = await Promise.all(steps.map((step) => this.#query(laterKey(step), "0", "~", 1)));
    const times = heads.flat().map(readyAtMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** The steps of which items may be claimed: none while the table is drained. */
  #openSteps({ steps, paused, draining }: Settings): string[] {
    if (draining) return [];
    return (this.#steps ?? [...steps.keys()]).filter((step) => !paused.has(step));
  }

  #lanes(settings: Settings, accepts: (step: string) => boolean): Lane[] {
    const { steps, shards } = settings;
    const lanes: Lane[] = [];
    for (const step of this.#openSteps(settings)) {
      if (!accepts(step)) continue;
      for (const priority of steps.get(step) ?? []) {
        const band = priorityBand(priority);
        for (let shard = 0; shard < shards; shard++) {
          lanes.push({ key: `${band}#${shard}#${step}`, step, stateKey: todoKey(step, shard), band });
        }
      }
    }
    this.#shuffle(lanes);
    return lanes.sort((a, b) => Number(a.band) - Number(b.band));
  }

  /**
   * The candidates of the first lane that has any. Few of them are too few for many claimers to choose from: then other
   * lanes of the same priority are looked into as well, some side by side, as a short list lies thinly over its shards.
   */
  async #firstOf(lanes: readonly Lane[], emptyMs: number): Promise<Candidate[] | undefined> {
    const isDue = ({ key }: Lane) => this.#table.now() - (this.#memory.get(key)?.emptyAtMs ?? 0) >= emptyMs;
    const due = lanes.filter(isDue);
    const found: Candidate[] = [];
    let band: string | undefined;
    for (let at = 0, width = 1; at < due.length && found.length < FEW; at += width, width = SIDE_BY_SIDE) {
      const next = due.slice(at, at + width).filter((lane) => band === undefined || lane.band === band);
      const pages = await Promise.all(next.map(async (lane) => ({ lane, rows: await this.#look(lane) })));
      band ??= pages.find(({ rows }) => rows.length > 0)?.lane.band;
      for (const { lane, rows } of pages) if (lane.band === band) found.push(...toCandidates(rows, lane.step));
    }
    return found.length > 0 ? this.#inOrder(found) : undefined;
  }

  async #look(lane: Lane): Promise<Row[]> {
    const memory = this.#memory.get(lane.key) ?? {};
    const [start, end] = [`${lane.band}#`, `${lane.band}$`]; // `$` is the character after `#`
    const from = memory.small ? start : start + this.#randomSpread();
    const rows = await this.#query(lane.stateKey, from, end, PAGE);
    const wraps = rows.length < PAGE && from !== start;
    if (wraps) rows.push(...(await this.#query(lane.stateKey, start, from, PAGE - rows.length)));
    const wholeLaneSeen = (wraps || from === start) && rows.length < PAGE;
    this.#memory.set(lane.key, {
      small: wholeLaneSeen,
      ...(rows.length === 0 && { emptyAtMs: this.#table.now() }),
    });
    return rows;
  }

  /** Retries that may be claimed by now, from a random point of those that wait, wrapping round. */
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
        return this.#inOrder(toCandidates(rows, step));
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
        ExpressionAttributeValues: { ":key": stateKey, ":from": from, ":to": to },
        Limit: limit,
      }),
    );
    return page.Items ?? [];
  }

  /**
   * Workers that know how many they are share the list out by a hash: each takes its own share from the front, then
   * the next worker's from the back, so that owner and helper only meet at the last item of a share.
   */
  #inOrder(candidates: Candidate[]): Candidate[] {
    this.#shuffle(candidates);
    const share = this.#share;
    if (!share) return candidates;
    const ranked = candidates.map((candidate) => {
      const place = shardOf(`share of ${candidate.itemId}`, PLACES);
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

function toCandidates(rows: readonly Row[], step: string): Candidate[] {
  return rows.map((row) => ({ itemId: String(row[ATTR.itemId]), step }));
}

function readyAtMs(row: Row): number {
  return Number.parseInt(String(row[ATTR.stateSort]), 10);
}
