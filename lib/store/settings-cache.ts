import type { Connection } from "./connection.ts";
import { DEFAULT_PRIORITY } from "./keys.ts";
import { mustKnow } from "./needs.ts";
import { parseSettings, readSettings, registerLanes, SETTING, type Settings } from "./settings.ts";
import { changeSettings } from "./settings-row.ts";

/** How old settings may be before they are read again. */
const FRESH_MS = 30_000;
/**
 * How old they may be for a process that adds an item, because the table may have come to rest since. Less than
 * SURE_MS.
 */
const KNOWN_MS = 240_000;

/** Whether nothing in the table can have changed since the summarize function last read all of it. */
export function isAtRest({ atRest }: Settings): boolean {
  return atRest?.isSure === true;
}

/**
 * The settings of a table, read once and then every 30 s at most. An old copy does little harm: the number of shards
 * never changes, and steps and priorities are only ever added. Pauses and drains take effect everywhere within 30 s.
 */
export class SettingsCache {
  readonly #table: Connection;
  #settings: Settings | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<Settings> | undefined;
  /** the read that starts once the one in flight has ended */
  #readingNext: Promise<Settings> | undefined;
  /** counts keep() and forget() calls: a read that started before the last one returns nothing newer */
  #kept = 0;
  readonly #registering = new Map<string, Promise<Settings>>();
  #takesNewer = false;

  constructor(table: Connection) {
    this.#table = table;
  }

  /** The settings, at most `freshMs` old. */
  async get(freshMs = FRESH_MS): Promise<Settings> {
    if (this.#settings && this.#table.now() - this.#readAtMs < freshMs) return this.#settings;
    if (!this.#reading) return this.#read();
    // the read in flight may predate a change that the caller knows about
    if (freshMs === 0) return this.#readNext(this.#reading);
    return this.#reading;
  }

  /**
   * Returns settings although only a newer version knows all that they name. For workers, which still write the ends of
   * their items then, but claim no others.
   */
  takeNewer(): void {
    this.#takesNewer = true;
  }

  #check(settings: Settings): Settings {
    if (!this.#takesNewer) mustKnow(this.#table.name, settings);
    return settings;
  }

  #read(): Promise<Settings> {
    const kept = this.#kept;
    this.#reading = readSettings(this.#table)
      .then((settings) => (this.#settings && this.#kept > kept ? this.#settings : this.keep(this.#check(settings))))
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  #readNext(current: Promise<Settings>): Promise<Settings> {
    this.#readingNext ??= current
      .catch(() => {})
      .then(() => {
        this.#readingNext = undefined;
        return this.#reading ?? this.#read();
      });
    return this.#readingNext;
  }

  /** How many shards the index has. Fixed when the table gets its first item; after that it is not read again. */
  async shards(): Promise<number> {
    const known = this.#settings;
    return known && known.steps.size > 0 ? known.shards : (await this.get()).shards;
  }

  #isOld(): boolean {
    return this.#table.now() - this.#readAtMs >= KNOWN_MS;
  }

  /** The cached settings, if they already include this step and priority, and the table is not marked as at rest. */
  known(step: string, priority = DEFAULT_PRIORITY): Settings | undefined {
    const settings = this.#isOld() || this.#settings?.atRest ? undefined : this.#settings;
    return settings?.steps.get(step)?.includes(priority) ? settings : undefined;
  }

  /**
   * Announces a step and priority to all workers, and ends the table's rest. Writes only for the first item of each, or
   * if the table is marked as at rest.
   */
  async register(step: string, priority = DEFAULT_PRIORITY): Promise<Settings> {
    if (this.#settings && this.#isOld()) await this.get(KNOWN_MS);
    const known = this.known(step, priority);
    if (known) return known;
    return this.once(`lane ${priority}#${step}`, async () =>
      this.keep(this.#check(await registerLanes(this.#table, [{ step, priority }]))),
    );
  }

  /**
   * Ends the table's rest before something is changed. Writes only if these settings, just read, mark the table as at
   * rest.
   */
  async wake(settings: Settings): Promise<Settings> {
    if (!settings.atRest) return settings;
    const { row } = await changeSettings(this.#table, { remove: [SETTING.atRestSinceMs] });
    return this.keep(parseSettings(row));
  }

  /** Ends the table's rest, if it was marked during a change that takes long. Reads every 4 minutes at most. */
  async stayAwake(): Promise<void> {
    const settings = await this.get(KNOWN_MS);
    if (settings.atRest) await this.once("wake", () => this.wake(settings));
  }

  /**
   * Runs a change to the settings only once, however many callers ask for it at the same time; `what` identifies the
   * change.
   */
  async once(what: string, change: () => Promise<Settings>): Promise<Settings> {
    const registering = this.#registering.get(what) ?? change();
    this.#registering.set(what, registering);
    try {
      return await registering;
    } finally {
      this.#registering.delete(what);
    }
  }

  /** Makes the next use read the settings again. */
  forget(): void {
    this.#kept++;
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Caches settings that the caller has just read or written. */
  keep(settings: Settings): Settings {
    this.#kept++;
    this.#settings = settings;
    this.#readAtMs = this.#table.now();
    return settings;
  }
}
