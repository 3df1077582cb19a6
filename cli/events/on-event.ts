import { deliver, type Note, type NoteStore } from "../../lib/notify/deliver.ts";
import type { Look } from "../../lib/notify/look.ts";
import { printable } from "../../lib/printable.ts";
import type { Place } from "../../lib/report/commands.ts";
import { noteFile } from "./note-file.ts";
import { runCommand } from "./run-command.ts";

/** The command that is told about events, and how. */
export interface OnEventOptions {
  command: string;
  /** the folder of the stack, which stores what has been told; without one, only this process remembers it */
  dir?: string | undefined;
  table: string;
  /** at the first look, what ended before this is old news */
  sinceMs: number;
  place(): Promise<Place>;
  say(line: string): void;
}

/** How long a running command may continue after we are told to stop. */
const GRACE_MS = 2_000;

/** How long the end of a run waits for news that still has to be told. */
const END_MS = 10_000;

/**
 * Runs a command when there is news (`--on-event`). Looks never wait for it: while it is running, only the newest look
 * is kept. Problems are reported once and do not end the run.
 */
export class OnEvent {
  readonly #options: OnEventOptions;
  readonly #store: NoteStore;
  readonly #stop = new AbortController();
  #next: Look | undefined;
  #running: Promise<void> | undefined;
  #hasReported = false;

  constructor(options: OnEventOptions) {
    this.#options = options;
    this.#store = options.dir === undefined ? noteInMemory() : noteFile(options.dir, options.table);
  }

  /** Tells what is new, if anything. */
  see(look: Look): void {
    this.#next = look;
    this.#running ??= this.#run();
  }

  /**
   * Resolves when every event seen so far has been reported. Kills a command that takes longer than `withinMs`, and
   * leaves its events to the next run: nobody should wait long for a run that has ended.
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
    const { command, dir, say } = this.#options;
    const late = `was still running ${withinMs / 1_000} s after the end, and was killed`;
    const after = dir === undefined ? "" : " Its message is left to the next run.";
    say(`--on-event: "${printable(command)}" ${late}.${after}`);
  }

  /** Tells nothing more; kills a running command if it does not end soon. */
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
    const { command, sinceMs, place } = this.#options;
    await deliver(look, {
      store: this.#store,
      sinceMs,
      place: await place(),
      naming: "items",
      nowMs: Date.now(),
      // this process alone uses the note, so a process that had begun to send is gone
      inFlightMs: 0,
      send: async (message) => {
        const problem = await runCommand(command, message, { signal: this.#stop.signal });
        if (problem === undefined) return;
        // we have killed it, so the next process with this folder tells the news
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

/** A note for one process: for a command that only watches, and writes to no folder. */
function noteInMemory(): NoteStore {
  let kept: Note | undefined;
  return {
    read: async () => kept && { note: structuredClone(kept), version: "" },
    write: async (note) => {
      kept = structuredClone(note);
      return "";
    },
  };
}
