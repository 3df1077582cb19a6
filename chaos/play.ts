import { setTimeout as delay } from "node:timers/promises";
import type { Stage } from "./act.ts";
import type { ChaosOptions } from "./options.ts";
import { Round, type RoundsOptions } from "./rounds.ts";
import { total } from "./tally.ts";
import { type Evidence, Verdict, verify } from "./verify.ts";

/** If no item ends for this long, those that are left are lost. */
const STUCK_MS = 180_000;
const REPORT_EVERY_MS = 5_000;

export interface PlayOptions {
  options: ChaosOptions;
  stage: Stage;
  rounds: RoundsOptions;
  evidence: Evidence;
}

/** Plays rounds until the faults are over, and judges each. */
export class Play {
  readonly #at: PlayOptions;
  readonly #verdict = new Verdict();
  readonly #startedAt = performance.now();
  #round: Round | undefined;
  #toldAtMs = 0;

  constructor(options: PlayOptions) {
    this.#at = options;
  }

  /** Records that an item has ended. */
  ended(itemId: string): void {
    this.#round?.ended(itemId);
  }

  /** Resolves with the verdict on all rounds once `faults` is over and every item has ended or is lost. */
  async run(faults: Promise<void>): Promise<Verdict> {
    let areOver = false;
    const over = faults.then(() => {
      areOver = true;
    });
    let before: Round | undefined;
    for (let number = 1, lastedMs = 0; number === 1 || this.#hasTime(lastedMs); number++) {
      const beganAt = performance.now();
      const round = new Round(number, this.#at.rounds);
      this.#round = round;
      const dropped = round.drop();
      while (round.left > 0 && !(areOver && round.quietMs > STUCK_MS)) await this.#watch(round);
      await dropped;
      // a worker that was frozen may still write for the previous round, so each round is judged one round late
      if (before) await this.#judge(before);
      before = round;
      lastedMs = performance.now() - beganAt;
    }
    await over;
    await this.#at.stage.workers.close();
    if (before) await this.#judge(before);
    return this.#verdict;
  }

  /** Whether another round is likely to end in time. */
  #hasTime(lastedMs: number): boolean {
    return this.#timeLeftMs() > Math.max(10_000, 0.8 * lastedMs);
  }

  #timeLeftMs(): number {
    return this.#startedAt + this.#at.options.durationMs - performance.now();
  }

  async #watch(round: Round): Promise<void> {
    await delay(200);
    if (this.#at.options.signal?.aborted) throw new Error("interrupted");
    await round.look();
    if (performance.now() - this.#toldAtMs < REPORT_EVERY_MS) return;
    this.#toldAtMs = performance.now();
    const { tally, proxies } = this.#at.stage;
    const faults = Object.values(tally.faults).reduce((sum, counts) => sum + total(counts), 0);
    const counts = `${total(tally.kills)} kills, ${faults} faults, ${total(proxies.requests)} requests`;
    const seconds = Math.max(0, Math.ceil(this.#timeLeftMs() / 1_000));
    const memory = Math.round(process.memoryUsage.rss() / 1e6);
    const left = `${round.left} of ${round.items.length} items left`;
    this.#at.options.tell(`round ${round.number}: ${left}; ${counts}; ${seconds} s left; ${memory} MB`);
  }

  async #judge(round: Round): Promise<void> {
    const { evidence, options } = this.#at;
    await verify(round.items, evidence, this.#verdict);
    this.#verdict.imports.push(...(await round.reportProblems()));
    for (const { itemId } of round.items) evidence.audit.forget(itemId);
    if (!options.keep) await round.forget();
  }
}
