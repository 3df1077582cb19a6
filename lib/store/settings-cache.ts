import type { Connection } from "./connection.ts";
import { DEFAULT_PRIORITY } from "./keys.ts";
import { readSettings, registerLanes, type Settings } from "./settings.ts";

/** How long settings are believed before they are read again. */
const FRESH_MS = 30_000;

/**
 * The settings of a table, read once and then now and again. The number of shards never changes, steps and priorities
 * are only ever added: of those an old copy is short of something at worst. That a step is paused, or the table drained,
 * is known to everybody within 30 s.
 */
export class SettingsCache {
  readonly #table: Connection;
  #settings: Settings | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<Settings> | undefined;
  readonly #registering = new Map<string, Promise<Settings>>();

  constructor(table: Connection) {
    this.#table = table;
  }

  /** The settings, at most `freshMs` old. */
  async get(freshMs = FRESH_MS): Promise<Settings> {
    if (this.#settings && this.#table.now() - this.#readAtMs < freshMs) return this.#settings;
    this.#reading ??= readSettings(this.#table)
      .then((settings) => this.keep(settings))
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  /** The settings, if this step and priority are in them by now. */
  known(step: string, priority = DEFAULT_PRIORITY): Settings | undefined {
    return this.#settings?.steps.get(step)?.includes(priority) ? this.#settings : undefined;
  }

  /** Makes a step and priority known to all workers; a write only for the first item of each. */
  async register(step: string, priority = DEFAULT_PRIORITY): Promise<Settings> {
    const known = this.known(step, priority);
    if (known) return known;
    const lane = `${priority}#${step}`;
    const registering = this.#registering.get(lane) ?? registerLanes(this.#table, [{ step, priority }]);
    this.#registering.set(lane, registering);
    try {
      return this.keep(await registering);
    } finally {
      this.#registering.delete(lane);
    }
  }

  /** Believes what somebody has just read, or written. */
  keep(settings: Settings): Settings {
    this.#settings = settings;
    this.#readAtMs = this.#table.now();
    return settings;
  }
}
