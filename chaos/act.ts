import { setTimeout as delay } from "node:timers/promises";
import { drain, liftDrain } from "../lib/settings/drain.ts";
import { pauseStep, resumeStep } from "../lib/settings/pause-step.ts";
import type { Table } from "../lib/table.ts";
import type { ChaosFunctions } from "./functions.ts";
import type { Action } from "./plan.ts";
import type { ChaosProxies } from "./proxies.ts";
import { Random } from "./random.ts";
import type { ChaosStack } from "./stack.ts";
import type { Tally } from "./tally.ts";
import type { ChaosWorkers } from "./workers.ts";
import { STEPS } from "./workload.ts";

/** What the actions of a plan act on. */
export interface Stage {
  seed: number;
  /** uses a connection without faults */
  table: Table;
  stack: ChaosStack;
  functions: ChaosFunctions;
  workers: ChaosWorkers;
  proxies: ChaosProxies;
  tally: Tally;
}

/** Carries out a plan, each action at its time, until the plan or the run is over. */
export class Actor {
  readonly #stage: Stage;
  readonly #open = new Set<Promise<void>>();
  /** freezes, drains and pauses end at once when this is aborted */
  readonly #ending = new AbortController();
  #isRestarting = false;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Resolves when every action has finished, which takes longer than planned on a busy machine. */
  async follow(plan: readonly Action[]): Promise<void> {
    const startedAt = performance.now();
    for (const action of plan) {
      await this.wait(startedAt + action.atMs - performance.now());
      if (this.#ending.signal.aborted) return;
      const done = this.#act(action).catch((error) => {
        // an action that needs the store has no effect while the store is down
        process.stderr.write(`chaos: ${action.kind} was not possible: ${error}\n`);
      });
      this.#open.add(done);
      void done.finally(() => this.#open.delete(done));
    }
    await Promise.all(this.#open);
  }

  /** Starts no further actions, ends those in progress, and resolves when everything is back to normal. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#open);
  }

  /** Waits, but not beyond the end of the run. */
  async wait(ms: number): Promise<void> {
    if (ms > 0) await delay(ms, undefined, { signal: this.#ending.signal }).catch(() => {});
  }

  async #act(action: Action): Promise<void> {
    const { table, functions, workers, proxies, tally } = this.#stage;
    const { kind, slot, forMs } = action;
    switch (kind) {
      case "sigkill":
      case "sigterm": {
        const signal = kind === "sigkill" ? "SIGKILL" : "SIGTERM";
        if (await this.#once(() => workers.signal(slot, signal, kind))) tally.kill(kind);
        return;
      }
      case "terminate":
        if (await this.#once(() => workers.terminate(slot))) tally.kill(kind);
        return;
      case "freeze":
      case "nap": {
        const frozen = await this.#once(() => workers.signal(slot, "SIGSTOP", kind));
        if (!frozen) return;
        tally.kill(kind);
        await this.wait(forMs);
        return workers.wake(frozen);
      }
      case "killFunctions":
        if (await this.#once(async () => functions.kill())) tally.kill(kind);
        return;
      case "killStore":
      case "killStack":
        return this.#restart(kind, action);
      case "outage":
        return proxies.outage(slot % 2 === 0 ? "dynamodb" : "s3", forMs);
      case "drain":
        tally.fault("settings", "drain");
        await this.#insist(() => drain(table, "chaos"));
        await this.wait(forMs);
        return this.#insist(() => liftDrain(table));
      case "pause": {
        const step = STEPS[slot % STEPS.length] ?? STEPS[0];
        tally.fault("settings", "pause");
        await this.#insist(() => pauseStep(table, step, { by: "chaos", why: "chaos" }));
        await this.wait(forMs);
        return this.#insist(() => resumeStep(table, step));
      }
      default:
        return kind satisfies never;
    }
  }

  /** Waits until the target is running: it may have been killed just before. */
  async #once<T>(hit: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      const done = await hit();
      if (done || tries === 20 || this.#ending.signal.aborted) return done;
      await this.wait(250);
    }
  }

  /** Repeats a change that failed because the store was down. */
  async #insist(change: () => Promise<unknown>): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await change();
        return;
      } catch (error) {
        if (tries === 20) throw error;
        await delay(500);
      }
    }
  }

  async #restart(kind: "killStore" | "killStack", { atMs }: Action): Promise<void> {
    if (this.#isRestarting) return;
    this.#isRestarting = true;
    const { seed, stack, workers, tally } = this.#stage;
    const random = new Random(seed, "restart", atMs);
    try {
      if (kind === "killStore") {
        if (!(await stack.kill("database"))) return;
        await delay(random.between(100, 1_500));
      }
      workers.stackKilled(kind);
      await stack.kill("stack");
      tally.kill(kind);
      await delay(random.between(0, 1_000));
      await startAgain(stack);
    } finally {
      this.#isRestarting = false;
    }
  }
}

/** The first sweep of the new stack fails if the functions are killed during it; then start the stack once more. */
async function startAgain(stack: ChaosStack): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await stack.start();
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}
