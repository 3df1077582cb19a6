import { createHash } from "node:crypto";
import { counted } from "../counted.ts";
import { isoDate } from "../iso-date.ts";
import type { Item, Outcome } from "../items/item.ts";
import type { Cause } from "../items/states.ts";
import { countEntries } from "../store/count-entries.ts";
import { endedKey, sortableMs } from "../store/keys.ts";
import { type Paused, parseSettings, SETTING, type Settings, type Trial } from "../store/settings.ts";
import type { SettingsCache } from "../store/settings-cache.ts";
import { changeSettings, type SettingsChange } from "../store/settings-row.ts";
import type { Table } from "../table.ts";

/*
 * Pauses a step if nearly all of its first items fail. The problem is then the script or something that it needs, not a
 * sample.
 *
 * For each step on trial, the settings row has a set of marks, one per failed item. Only a worker that has just written
 * a failure reads the set and adds a mark: at most one read every 2 s, and one write for each of the first few
 * failures. Once there are enough marks, done items are counted as far as necessary. A few of them end the trial, and
 * after that failures of the step cost nothing more until someone resumes the step.
 */

/** When to pause a step. */
export interface PausePolicy {
  /** how many of the first items to end are considered; 0: never pause */
  after: number;
  /** the share of them that must have failed, above 0 and up to 1 */
  share: number;
}

export const DEFAULT_PAUSE: Readonly<PausePolicy> = { after: 20, share: 0.9 };

/** How old the settings may be when a failure is evaluated. */
const FRESH_MS = 2_000;
/** In floating point, 20 * 0.55 is slightly more than 11. */
const ROUNDING = 1e-9;

/** Watches the failures that one worker writes. */
export class FailureWatch {
  readonly #table: Table;
  readonly #settings: SettingsCache;
  readonly #policy: PausePolicy;
  readonly #by: string;

  /** `by`: the name to record as having paused a step */
  constructor(table: Table, policy: PausePolicy, by: string) {
    this.#table = table;
    this.#settings = table.settings;
    this.#policy = policy;
    this.#by = by;
  }

  /** Call after a failed attempt of `item` has been written. Returns the pause if this failure led to one. */
  async failed(item: Item, outcome: Outcome & { cause: Cause }): Promise<Paused | undefined> {
    if (this.#policy.after === 0 || isSettled(await this.#settings.get(), item.step)) return undefined;
    const before = await this.#settings.get(FRESH_MS);
    const trial = before.trials.get(item.step) ?? NEW;
    const mark = markOf(item, outcome);
    const isOld = (item.lock?.lockedAtMs ?? 0) < (trial.sinceMs ?? 0);
    if (isSettled(before, item.step) || isOld || trial.failed.has(mark)) return undefined;
    const marked = await this.#change(item.step, trial, {
      add: { [SETTING.trialFailed(item.step)]: new Set([mark]) },
    });
    return marked && this.#decide(item.step, marked);
  }

  async #decide(step: string, settings: Settings): Promise<Paused | undefined> {
    const { after, share } = this.#policy;
    const trial = settings.trials.get(step) ?? NEW;
    const failures = firstOfEach(trial.failed);
    const enough = Math.ceil(after * share - ROUNDING);
    if (failures.length < enough) return undefined;
    const tolerated = after - enough;
    const done = await this.#countDone(step, settings, trial.sinceMs ?? 0, tolerated + 1);
    if (done > tolerated) {
      await this.#change(step, trial, {
        set: { [SETTING.trialOver(step)]: true },
        remove: [SETTING.trialFailed(step)],
      });
      return undefined;
    }
    const ended = failures.length + done;
    if (ended < after) return undefined;
    const paused = this.#pause(ended, failures);
    const changed = await this.#change(step, trial, {
      set: { [SETTING.paused(step)]: paused },
      remove: [SETTING.trialFailed(step)],
    });
    return changed && paused;
  }

  #countDone(step: string, { shards }: Settings, sinceMs: number, limit: number): Promise<number> {
    const ranges = Array.from({ length: shards }, (_, shard) => ({
      stateKey: endedKey(step, "done", shard),
      from: sortableMs(sinceMs),
    }));
    return countEntries(this.#table, ranges, limit);
  }

  #pause(ended: number, failures: readonly Failure[]): Paused {
    const failed = failures.length;
    const { commonest, isOnly } = commonestOf(failures);
    const cause = commonest.exitCode === undefined ? commonest.cause : `exit code ${commonest.exitCode}`;
    const which = ended === 1 ? "the first item" : `${failed} of the first ${counted(ended, "item")}`;
    return {
      since: isoDate(this.#table.now()),
      by: this.#by,
      why: `${which} failed (${isOnly ? "" : "most: "}${cause})`,
      trial: { ended, failed, ...commonest },
    };
  }

  /**
   * Changes the settings only while the step is still on the trial that was read; it may have been resumed or paused.
   */
  async #change(step: string, { sinceMs }: Trial, change: SettingsChange): Promise<Settings | undefined> {
    const { won, row } = await changeSettings(this.#table, {
      ...change,
      absent: [SETTING.paused(step), SETTING.trialOver(step)],
      equal: { [SETTING.trialSinceMs(step)]: sinceMs },
    });
    const settings = this.#settings.keep(parseSettings(row));
    return won ? settings : undefined;
  }
}

/** Whether a step is paused or past its trial, so that failures no longer matter. */
function isSettled({ paused, trials }: Settings, step: string): boolean {
  return paused.has(step) || trials.get(step)?.over === true;
}

const NEW: Trial = { over: false, failed: new Set() };

type Failure = { cause: Cause; exitCode?: number };

/** `<cause> <exit code> <short hash of itemID>`: about 20 bytes, however long the itemID is. */
function markOf({ itemId }: Item, { cause, exitCode }: Outcome & { cause: Cause }): string {
  return [cause, exitCode ?? "-", createHash("sha256").update(itemId).digest("base64url").slice(0, 8)].join(" ");
}

/** Keeps one failure per item: an item that failed in two ways has two marks. */
function firstOfEach(marks: ReadonlySet<string>): Failure[] {
  const failures = new Map<string, Failure>();
  for (const mark of [...marks].sort()) {
    const [cause = "", exitCode = "", item = ""] = mark.split(" ");
    if (failures.has(item)) continue;
    failures.set(item, { cause: cause as Cause, ...(exitCode !== "-" && { exitCode: Number(exitCode) }) });
  }
  return [...failures.values()];
}

function commonestOf(failures: readonly Failure[]): { commonest: Failure; isOnly: boolean } {
  const groups = Map.groupBy(failures, ({ cause, exitCode }) => `${cause} ${exitCode}`);
  const [first = []] = [...groups.values()].sort((a, b) => b.length - a.length);
  return { commonest: first[0] ?? { cause: "exit" }, isOnly: groups.size <= 1 };
}
