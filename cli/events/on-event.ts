import { deliver } from "../../lib/notify/deliver.ts";
import type { Look } from "../../lib/notify/look.ts";
import { printable } from "../../lib/printable.ts";
import type { Place } from "../../lib/report/commands.ts";
import { noteFile } from "./note-file.ts";
import { runCommand } from "./run-command.ts";

/** Which command is told of events, and how. */
export interface OnEventOptions {
  command: string;
  /** the folder of the stack, where what was told is kept */
  dir: string;
  table: string;
  /** what ended before this is old news at the first look */
  sinceMs: number;
  place(): Promise<Place>;
  say(line: string): void;
}

/** How long a command that runs may go on when we are to stop. */
const GRACE_MS = 2_000;

/** How long the end of a run waits for what is still to be told. */
const END_MS = 10_000;

/**
 * Runs a command when there is news (`--on-event`). Looks never wait for it: while it runs, only the newest look is
 * kept. Whatever goes wrong is reported once, and ends nothing.
 */
export class OnEvent {
  readonly #options: OnEventOptions;
  readonly #stop = new AbortController();
  #next: Look | undefined;
  #running: Promise<void> | undefined;
  #hasReported = false;

  constructor(options: OnEventOptions) {
    this.#options = options;
  }

  /** Tells what is new, if anything is. */
  see(look: Look): void {
    this.#next = look;
    this.#running ??= this.#run();
  }

  /**
   * Resolves when every event seen so far has been reported. Kills a command that takes longer than `withinMs`, and leaves
   * its events to the next run: nobody should wait long for a run that has ended.
   */
  async settled({ withinMs = END_MS }: { withinMs?: number } = {}): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = this.#running !== undefined;
      this.#next = undefined;
      this.#stop.abort();
    }, withinMs);
    await this.#running;
    clearTimeout(timer);
    if (!isLate) return;
    const { command, say } = this.#options;
    const late = `was still running ${withinMs / 1_000} s after the end, and was killed`;
    say(`--on-event: "${printable(command)}" ${late}. What it was to tell is left to the next run.`);
  }

  /** Tells nothing more; a command that runs is killed if it does not end soon. */
  async close(): Promise<void> {
    this.#next = undefined;
    const timer = setTimeout(() => this.#stop.abort(), GRACE_MS);
    await this.#running;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (this.#next) {
      const look = this.#next;
      this.#next = undefined;
      try {
        await this.#tell(look);
      } catch (error) {
        this.#report(error instanceof Error ? error.message : String(error));
      }
    }
    this.#running = undefined;
  }

  async #tell(look: Look): Promise<void> {
    const { command, dir, table, sinceMs, place } = this.#options;
    await deliver(look, {
      store: noteFile(dir, table),
      sinceMs,
      place: await place(),
      naming: "items",
      nowMs: Date.now(),
      // this process alone has the folder: whoever began to send is gone
      inFlightMs: 0,
      send: async (message) => {
        const problem = await runCommand(command, message, { signal: this.#stop.signal });
        if (problem === undefined) return;
        // we have killed it: the next process with this folder tells it
        if (this.#stop.signal.aborted) throw new Error(problem);
        this.#report(problem);
      },
    });
  }

  #report(problem: string): void {
    if (this.#hasReported || this.#stop.signal.aborted) return;
    this.#hasReported = true;
    const { command, say } = this.#options;
    say(`--on-event: "${printable(command)}" failed: ${printable(problem)}. It is run for later events all the same.`);
  }
}
