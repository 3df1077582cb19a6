import type { Connection } from "./connection.ts";
import { DEFAULT_PRIORITY } from "./keys.ts";
import { readSettings, registerLanes, type Settings } from "./settings.ts";

/** How old settings may be before they are read again. */
const FRESH_MS = 30_000;

/**
 * The settings of a table, read once and then every 30 s at most. An old copy does little harm: the number of shards
 * never changes, and steps and priorities are only ever added. Everybody knows of a pause or a drain within 30 s.
 */
export class SettingsCache {
  readonly #table: Connection;
  #settings: Settings | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<Settings> | undefined;
  /** a read that begins when the one in flight has ended */
  #readingNext: Promise<Settings> | undefined;
  /** how often something was kept or forgotten: a read that began before the last time brings nothing newer */
  #kept = 0;
  readonly #registering = new Map<string, Promise<Settings>>();

  constructor(table: Connection) {
    this.#table = table;
  }

  /** The settings, at most `freshMs` old. */
  async get(freshMs = FRESH_MS): Promise<Settings> {
    if (this.#settings && this.#table.now() - this.#readAtMs < freshMs) return this.#settings;
    if (!this.#reading) return this.#read();
    // the one in flight may have been answered before a change that the caller knows of
    if (freshMs === 0) return this.#readNext(this.#reading);
    return this.#reading;
  }

  #read(): Promise<Settings> {
    const kept = this.#kept;
    this.#reading = readSettings(this.#table)
      .then((settings) => (this.#settings && this.#kept > kept ? this.#settings : this.keep(settings)))
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

  /** How many shards the index has. Fixed when the table gets its first item; from then on it is not read again. */
  async shards(): Promise<number> {
    const known = this.#settings;
    return known && known.steps.size > 0 ? known.shards : (await this.get()).shards;
  }

  /** The settings, if this step and priority are in them by now. */
  known(step: string, priority = DEFAULT_PRIORITY): Settings | undefined {
    return this.#settings?.steps.get(step)?.includes(priority) ? this.#settings : undefined;
  }

  /** Makes a step and priority known to all workers. Writes only for the first item of each. */
  async register(step: string, priority = DEFAULT_PRIORITY): Promise<Settings> {
    const known = this.known(step, priority);
    if (known) return known;
    return this.once(`lane ${priority}#${step}`, async () =>
      this.keep(await registerLanes(this.#table, [{ step, priority }])),
    );
  }

  /** Does what changes the settings once, however many ask for it at the same time; `what` names it. */
  async once(what: string, change: () => Promise<Settings>): Promise<Settings> {
    const registering = this.#registering.get(what) ?? change();
    this.#registering.set(what, registering);
    try {
      return await registering;
    } finally {
      this.#registering.delete(what);
    }
  }

  /** Reads the settings again the next time that they are needed. */
  forget(): void {
    this.#kept++;
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Takes over what somebody has just read or written. */
  keep(settings: Settings): Settings {
    this.#kept++;
    this.#settings = settings;
    this.#readAtMs = this.#table.now();
    return settings;
  }
}
