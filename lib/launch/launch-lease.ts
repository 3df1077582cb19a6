import { randomBytes } from "node:crypto";
import { type LaunchNote, parseSettings, SETTING, type Settings } from "../store/settings.ts";
import type { SettingsCache } from "../store/settings-cache.ts";
import { changeSettings, type SettingsChange } from "../store/settings-row.ts";
import type { Table } from "../table.ts";

/** How long a launch may go without renewing: longer than its one request to Batch may take (30 s). */
export const LAUNCH_LEASE_MS = 60_000;

/** Why the lease was refused: another launch has it, or the table is draining. */
export type Refusal = "busy" | "draining";

/**
 * The right to launch; one launch holds it at a time. Conditional writes keep it on the settings row. Once it has
 * expired, another launch may take it; the first launch notices when it renews the lease before submitting.
 */
export class LaunchLease {
  readonly #table: Table;
  readonly #settings: SettingsCache;
  readonly #token = randomBytes(9).toString("base64url");

  constructor(table: Table) {
    this.#table = table;
    this.#settings = table.settings;
  }

  /** Takes the lease if no launch has it. A draining table refuses it to everyone, unless `lift` ends the draining. */
  async take({ lift = false }: { lift?: boolean | undefined } = {}): Promise<Settings | Refusal> {
    return this.#write({
      set: { [SETTING.launchToken]: this.#token, [SETTING.launchUntilMs]: this.#table.now() + LAUNCH_LEASE_MS },
      // this launch serves anyone who asked a launch that has died
      remove: [SETTING.launchAsked, ...(lift ? [SETTING.draining, SETTING.atRestSinceMs] : [])],
      ...(!lift && { absent: [SETTING.draining] }),
      absentOrBelow: { [SETTING.launchUntilMs]: this.#table.now() },
    });
  }

  /** Renews the lease right before submitting, to make sure that it is still ours and lasts long enough. */
  async renew(): Promise<Settings | Refusal> {
    return this.#write({
      set: { [SETTING.launchUntilMs]: this.#table.now() + LAUNCH_LEASE_MS },
      absent: [SETTING.draining],
      equal: { [SETTING.launchToken]: this.#token },
    });
  }

  /**
   * Asks the launch that holds the lease according to these settings to count again before it ends; returns whether it
   * will. If it has already been asked, that was since it last began to count, so it will still count everything that
   * is now in the table.
   */
  async ask({ launch: { token, busyUntilMs = 0, isAsked } }: Settings): Promise<boolean> {
    if (token === undefined || busyUntilMs <= this.#table.now()) return false;
    if (isAsked) return true;
    const { won } = await changeSettings(this.#table, {
      set: { [SETTING.launchAsked]: true },
      equal: { [SETTING.launchToken]: token },
    });
    return won;
  }

  /** Releases the lease, if it is still ours, and records what was submitted. */
  async release(last?: LaunchNote["last"]): Promise<void> {
    await this.#write({
      ...(last && { set: { [SETTING.lastLaunch]: last } }),
      remove: [SETTING.launchToken, SETTING.launchUntilMs, SETTING.launchAsked],
      equal: { [SETTING.launchToken]: this.#token },
    });
  }

  /**
   * Like release(), but if another launch has asked, renews the lease instead and returns the settings for another
   * count.
   */
  async releaseUnlessAsked(last?: LaunchNote["last"]): Promise<Settings | undefined> {
    const { won, row } = await changeSettings(this.#table, {
      ...(last && { set: { [SETTING.lastLaunch]: last } }),
      remove: [SETTING.launchToken, SETTING.launchUntilMs],
      absent: [SETTING.launchAsked],
      equal: { [SETTING.launchToken]: this.#token },
    });
    this.#settings.keep(parseSettings(row));
    // refused for another reason: the lease was lost, or the first reply to this write was lost and the SDK repeated it
    if (won || row?.[SETTING.launchToken] !== this.#token) return undefined;
    const renewed = await this.#write({
      set: {
        [SETTING.launchUntilMs]: this.#table.now() + LAUNCH_LEASE_MS,
        ...(last && { [SETTING.lastLaunch]: last }),
      },
      remove: [SETTING.launchAsked],
      absent: [SETTING.draining],
      equal: { [SETTING.launchToken]: this.#token },
    });
    if (typeof renewed !== "string") return renewed;
    await this.release(last);
    return undefined;
  }

  async #write(change: SettingsChange): Promise<Settings | Refusal> {
    const { won, row } = await changeSettings(this.#table, change);
    const settings = this.#settings.keep(parseSettings(row));
    if (won) return settings;
    if (settings.draining && change.absent) return "draining";
    // the SDK repeats a write whose reply was lost; the repeat is refused although the lease is ours
    return row?.[SETTING.launchToken] === this.#token ? settings : "busy";
  }
}
