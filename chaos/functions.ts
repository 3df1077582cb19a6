import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { FunctionName } from "../local/functions.ts";
import type { FromHost, ToHost } from "./function-host.ts";
import { eventFault } from "./plan.ts";
import { Random } from "./random.ts";
import type { Tally } from "./tally.ts";

const HOST = fileURLToPath(new URL("function-host.ts", import.meta.url));
const PRELOAD = fileURLToPath(new URL("preload.ts", import.meta.url));

/**
 * On AWS an import has 15 minutes and stops 90 s before they are over; here it stops after a few seconds and continues.
 */
const IMPORT_MS = { least: 91_000, most: 100_000 };
const OTHERS_MS = 60_000;

/** A call whose process was killed. */
class KilledError extends Error {}

export interface FunctionsOptions {
  seed: number;
  env: () => Record<string, string>;
  logFile: string;
  tally: Tally;
}

/** Stands in for Lambda: delivers events unreliably, and runs the functions in a process that can be killed. */
export class ChaosFunctions {
  readonly #options: FunctionsOptions;
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #events = new Map<FunctionName, number>();
  #host: ChildProcess | undefined;
  #starts = 0;
  #ids = 0;
  #isClosed = false;
  /** once this is false, events are delivered properly */
  isFaulty = true;

  constructor(options: FunctionsOptions) {
    this.#options = options;
  }

  /** Delivers an event, possibly twice, late or never. */
  async deliver(name: FunctionName, event: unknown): Promise<unknown> {
    const number = this.#events.get(name) ?? 0;
    this.#events.set(name, number + 1);
    const { kind, delayMs } = eventFault(this.#options.seed, name, number);
    if (!this.isFaulty || kind === "carry") return this.#run(name, event);
    this.#options.tally.fault("events", kind);
    if (kind === "drop") return undefined;
    if (kind === "delay") await delay(delayMs);
    if (kind === "duplicate") {
      // half of the copies arrive at the same time as the original
      void delay(delayMs < 1_500 ? 0 : delayMs).then(() => this.#run(name, event).catch(() => {}));
    }
    return this.#run(name, event);
  }

  /** Kills the process of the functions; false if none is running. The next call starts another. */
  kill(): boolean {
    return this.#host?.kill("SIGKILL") ?? false;
  }

  /** Ends the process and does not start another. */
  close(): void {
    this.#isClosed = true;
    this.kill();
  }

  /** Runs a function. An import whose process is killed runs again, like one from the queue of failed events. */
  async #run(name: FunctionName, event: unknown): Promise<unknown> {
    for (;;) {
      try {
        return await this.#call(name, event);
      } catch (error) {
        if (this.#isClosed || name !== "import" || !(error instanceof KilledError)) throw error;
        await delay(250);
      }
    }
  }

  async #call(name: FunctionName, event: unknown): Promise<unknown> {
    if (this.#isClosed) throw new KilledError("the run is over");
    const host = this.#running();
    const call = Promise.withResolvers<unknown>();
    const id = this.#ids++;
    this.#calls.set(id, call);
    const random = new Random(this.#options.seed, "call", id);
    const timeoutMs = name === "import" ? random.between(IMPORT_MS.least, IMPORT_MS.most) : OTHERS_MS;
    host.send({ id, name, event, timeoutMs } satisfies ToHost, (error) => {
      if (error) this.#finish({ id, error: new KilledError("the functions were killed") });
    });
    return call.promise;
  }

  #running(): ChildProcess {
    if (this.#host) return this.#host;
    const { seed, env, logFile } = this.#options;
    const random = new Random(seed, "function-clock", this.#starts++);
    const skewMs = random.chance(0.5) ? random.between(-120_000, 120_000) : 0;
    if (skewMs !== 0) this.#options.tally.fault("clocks", "skew");
    const log = openSync(logFile, "a");
    const host = fork(HOST, [], {
      detached: true,
      stdio: ["ignore", log, log, "ipc"],
      execArgv: ["--import", PRELOAD],
      env: { ...env(), ANAMO_CHAOS_CLOCK: `${skewMs},0,0` },
    });
    closeSync(log);
    host.on("message", ({ id, result, error }: FromHost) => {
      this.#finish({ id, result, ...(error !== undefined && { error: new Error(error) }) });
    });
    host.once("exit", () => {
      if (this.#host === host) this.#host = undefined;
      // a call is made only while its process runs, so all open calls were made to this one
      for (const id of [...this.#calls.keys()])
        this.#finish({ id, error: new KilledError("the functions were killed") });
    });
    this.#host = host;
    return host;
  }

  #finish({ id, result, error }: { id: number; result?: unknown; error?: Error }): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call?.reject(error);
    else call?.resolve(result);
  }
}
