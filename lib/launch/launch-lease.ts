import { randomBytes } from "node:crypto";
import { type LaunchNote, parseSettings, SETTING, type Settings } from "../store/settings.ts";
import type { SettingsCache } from "../store/settings-cache.ts";
import { changeSettings, type SettingsChange } from "../store/settings-row.ts";
import type { Table } from "../table.ts";

/** How long a launch may be silent: more than one request to Batch may take (30 s), which is made but once. */
export const LAUNCH_LEASE_MS = 60_000;

/** Why the word was not given: somebody launches, or the table is drained. */
export type Refusal = "busy" | "draining";

/**
 * The word to launch, which one at a time may have: on the settings row, by conditional writes. One that ran out may be
 * taken by another; then the first is told so before it submits.
 */
export class LaunchLease {
  readonly #table: Table;
  readonly #settings: SettingsCache;
  readonly #token = randomBytes(9).toString("base64url");

  constructor(table: Table) {
    this.#table = table;
    this.#settings = table.settings;
  }

  /** Takes the word if nobody has it. `lift`: and ends the draining of the table, which else keeps it from everybody. */
  async take(lift: boolean): Promise<Settings | Refusal> {
    return this.#write({
      set: { [SETTING.launchToken]: this.#token, [SETTING.launchUntilMs]: this.#table.now() + LAUNCH_LEASE_MS },
      ...(lift ? { remove: [SETTING.draining] } : { absent: [SETTING.draining] }),
      absentOrBelow: { [SETTING.launchUntilMs]: this.#table.now() },
    });
  }

  /** Makes sure, right before submitting, that the word is still ours, and for long enough. */
  async renew(): Promise<Settings | Refusal> {
    return this.#write({
      set: { [SETTING.launchUntilMs]: this.#table.now() + LAUNCH_LEASE_MS },
      absent: [SETTING.draining],
      equal: { [SETTING.launchToken]: this.#token },
    });
  }

  /** Gives the word back, if it is still ours, and notes what was submitted. */
  async giveBack(last?: LaunchNote["last"]): Promise<void> {
    await this.#write({
      ...(last && { set: { [SETTING.lastLaunch]: last } }),
      remove: [SETTING.launchToken, SETTING.launchUntilMs],
      equal: { [SETTING.launchToken]: this.#token },
    });
  }

  async #write(change: SettingsChange): Promise<Settings | Refusal> {
    const { won, row } = await changeSettings(this.#table, change);
    const settings = this.#settings.keep(parseSettings(row));
    if (won) return settings;
    if (settings.draining && change.absent) return "draining";
    // a write whose reply got lost is sent again, and refused then, though the word is ours
    return row?.[SETTING.launchToken] === this.#token ? settings : "busy";
  }
}
