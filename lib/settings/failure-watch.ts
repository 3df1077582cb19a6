import { createHash } from "node:crypto";
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
 * Pauses a step of which the first items nearly all fail: then it is the script, or what it needs, and no sample.
 *
 * The settings row has a set of marks for each step on trial, one for each item that has failed. Only who has just
 * written a failure looks there, and adds a mark: a read at most every 2 s, and a write for each of the first few
 * failures. Once there are enough marks the done items are counted as far as it matters: a few of them end the trial,
 * and from then on a failure of the step costs nothing more until somebody resumes the step.
 */

/** When a step is paused. */
export interface PausePolicy {
  /** how many items are looked at, of those that end first; 0: none, nothing is ever paused */
  after: number;
  /** which share of them has to have failed, more than 0 up to 1 */
  share: number;
}

export const DEFAULT_PAUSE: Readonly<PausePolicy> = { after: 20, share: 0.9 };

/** How old the settings may be that one who has met a failure goes by. */
const FRESH_MS = 2_000;
/** 20 * 0.55 is a little more than 11 */
const ROUNDING = 1e-9;

/** Looks at the failures that one worker writes. */
export class FailureWatch {
  readonly #table: Table;
  readonly #settings: SettingsCache;
  readonly #policy: PausePolicy;
  readonly #by: string;

  /** `by`: who is said to have paused a step */
  constructor(table: Table, policy: PausePolicy, by: string) {
    this.#table = table;
    this.#settings = table.settings;
    this.#policy = policy;
    this.#by = by;
  }

  /** An attempt of `item` has failed, and that is written. Gives the pause if this was the failure that led to it. */
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
    return marked && this.#judge(item.step, marked);
  }

  async #judge(step: string, settings: Settings): Promise<Paused | undefined> {
    const { after, share } = this.#policy;
    const trial = settings.trials.get(step) ?? NEW;
    const failures = firstOfEach(trial.failed);
    const enough = Math.ceil(after * share - ROUNDING);
    if (failures.length < enough) return undefined;
    const forgiven = after - enough;
    const done = await this.#countDone(step, settings, trial.sinceMs ?? 0, forgiven + 1);
    if (done > forgiven) {
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
    return {
      since: isoDate(this.#table.now()),
      by: this.#by,
      why: `${failed} of the first ${ended} items failed (${isOnly ? "" : "most: "}${cause})`,
      trial: { ended, failed, ...commonest },
    };
  }

  /** Only while the step is on the very trial that was seen: it may have been resumed, or judged by others, meanwhile. */
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

/** Whether there is nothing left to find out about a step. */
function isSettled({ paused, trials }: Settings, step: string): boolean {
  return paused.has(step) || trials.get(step)?.over === true;
}

const NEW: Trial = { over: false, failed: new Set() };

type Failure = { cause: Cause; exitCode?: number };

/** `<cause> <exit code> <short hash of itemID>`: some 20 bytes, whatever the item is called. */
function markOf({ itemId }: Item, { cause, exitCode }: Outcome & { cause: Cause }): string {
  return [cause, exitCode ?? "-", createHash("sha256").update(itemId).digest("base64url").slice(0, 8)].join(" ");
}

/** An item that has failed in two ways has two marks, but it is one item. */
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
