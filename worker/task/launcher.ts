import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { killGroup } from "./kill-group.ts";
import { LAUNCHER_SCRIPT } from "./launcher-script.ts";
import { commandsInGroup } from "./leftovers.ts";
import { OutputPipe, type PipeEnd } from "./output-pipe.ts";
import type { RunFolder } from "./run-folder.ts";
import { shellQuote } from "./task-file.ts";

/** How a script ended, or that its helper died. */
export type LaunchEnd =
  | { kind: "ended"; status: number; cpuSeconds: number }
  | { kind: "helper-died"; started: boolean; how: string };

/** The end of a launch. */
export interface Launched {
  end: LaunchEnd;
  /** the script left processes in its group, which got SIGKILL a moment ago */
  leftGroup: boolean;
  /** the commands of those processes, if the system shows them */
  inGroup: readonly string[];
  /** its pipes may hold output that the worker has not read */
  mayHoldMore: boolean;
}

/** What happened to a task's output. */
export type OutputEnd = Record<"stdout" | "stderr", PipeEnd>;

/** The text of a task file, and where the task's output goes. */
export interface LaunchSpec {
  text: string;
  logs: Pick<RunFolder, "stdoutPath" | "stderrPath">;
}

interface Launch {
  spec: LaunchSpec;
  pid?: number;
  onStart: (pid: number) => void;
  resolve: (launched: Launched) => void;
}

/** One bash helper: runs one script at a time, each in its own process group. */
export class Launcher {
  readonly closed: Promise<void>;
  readonly #path: string;
  readonly #taskFile: number;
  #taskFileBytes = 0;
  readonly #helper: ChildProcess;
  #launch?: Launch;
  #output?: { stdout: OutputPipe; stderr: OutputPipe };
  #unread = "";
  #childrenSeconds = 0;
  #lastTimes = "";
  #closing = false;
  #death?: string;

  constructor(taskFile: string, env: Record<string, string>) {
    this.#path = taskFile;
    this.#taskFile = openSync(taskFile, "w", 0o600);
    // Its own session, so that only the worker gets Ctrl-C at the terminal, and no task can wait for a password there.
    this.#helper = spawn("bash", ["--norc", "--noprofile", "-c", LAUNCHER_SCRIPT, "anamo-launcher", taskFile], {
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
      env,
    });
    this.#helper.stdout?.setEncoding("latin1").on("data", (text: string) => this.#read(text));
    // A failed write shows up as the end of the helper.
    this.#helper.stdin?.on("error", () => {});
    this.closed = new Promise((resolve) => {
      const died = (how: string) => {
        this.#died(how);
        resolve();
      };
      this.#helper.once("error", (error) => died(`bash could not be started: ${error.message}`));
      this.#helper.once("close", (code, signal) =>
        died(`the helper process that ran it ended with ${signal ?? `exit code ${code}`}`),
      );
    });
  }

  /** Process id of the helper; absent if it could not be started. */
  get pid(): number | undefined {
    return this.#helper.pid;
  }

  /** The named pipes into which its tasks print. */
  get pipes(): readonly string[] {
    return [`${this.#path}.out`, `${this.#path}.err`];
  }

  /** Whether the helper can run another script. */
  get alive(): boolean {
    return this.#death === undefined;
  }

  /** Runs a task; call `endOutput` next. `onStart` gets the process group before the promise resolves. */
  launch(spec: LaunchSpec, onStart: (pid: number) => void): Promise<Launched> {
    if (this.#death !== undefined) return Promise.resolve(helperDied(this.#death, { started: false }));
    this.#writeTaskFile(redirection(this.#path) + spec.text);
    return new Promise((resolve) => {
      this.#launch = { spec, onStart, resolve };
      if (this.#output) this.#begin(this.#launch);
    });
  }

  /** Takes unread output of its last task; call it once nothing of the task is running. */
  endOutput(held: { mayHoldMore: boolean }): OutputEnd {
    const stdout = this.#output?.stdout.end(held) ?? {};
    const stderr = this.#output?.stderr.end(held) ?? {};
    if (this.#death !== undefined) this.#closeOutput();
    return { stdout, stderr };
  }

  /** Ends the helper; kills a script that is still running. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#launch?.pid !== undefined) killGroup(this.#launch.pid, "SIGKILL");
    this.#helper.stdin?.end();
    await this.closed;
  }

  /**
   * Overwrites the text of the previous task without truncating the file, because nothing after `exec` is read: ext4
   * flushes a file to disk at once if it was truncated and refilled (0.1 ms). After a very long script, truncating is
   * worth it.
   */
  #writeTaskFile(text: string): void {
    const bytes = writeSync(this.#taskFile, text, 0);
    // On a full disk; the rest of the file would be the previous task.
    if (bytes !== Buffer.byteLength(text)) throw new Error(`the disk of ${dirname(this.#path)} is full`);
    if (bytes < this.#taskFileBytes - 16_384) ftruncateSync(this.#taskFile, bytes);
    else if (bytes < this.#taskFileBytes) return;
    this.#taskFileBytes = bytes;
  }

  #read(text: string): void {
    const lines = (this.#unread + text).split("\n");
    this.#unread = lines.pop() ?? "";
    for (const line of lines) this.#word(line);
  }

  #begin({ spec }: Launch): void {
    this.#output?.stdout.begin(spec.logs.stdoutPath);
    this.#output?.stderr.begin(spec.logs.stderrPath);
    this.#helper.stdin?.write("\n");
  }

  #word(line: string): void {
    const [word, number, ...left] = line.split(" ");
    if (word === "ready") {
      this.#output = { stdout: new OutputPipe(`${this.#path}.out`), stderr: new OutputPipe(`${this.#path}.err`) };
      if (this.#launch) this.#begin(this.#launch);
    } else if (word === "start") {
      if (!this.#launch) return;
      this.#launch.pid = Number(number);
      this.#launch.onStart(this.#launch.pid);
      if (this.#closing) killGroup(this.#launch.pid, "SIGKILL");
    } else if (word === "end") {
      const before = this.#childrenSeconds;
      this.#childrenSeconds = secondsOfTimes(this.#lastTimes);
      const cpuSeconds = Math.round((this.#childrenSeconds - before) * 1000) / 1000;
      const leftGroup = left.includes("group");
      const inGroup = leftGroup ? this.#killGroup() : [];
      const end = { kind: "ended", status: Number(number), cpuSeconds } as const;
      this.#finish({ end, leftGroup, inGroup, mayHoldMore: leftGroup || left.includes("more") });
    } else {
      // `times` prints a line for the helper, then one for all its children: the last one counts.
      this.#lastTimes = line;
    }
  }

  /** Kills what the task left in its group; returns the commands. */
  #killGroup(): string[] {
    const pid = this.#launch?.pid;
    if (pid === undefined) return [];
    const commands = commandsInGroup(pid);
    killGroup(pid, "SIGKILL");
    return commands;
  }

  #died(how: string): void {
    if (this.#death !== undefined) return;
    this.#death = how;
    closeSync(this.#taskFile);
    const pid = this.#launch?.pid;
    if (pid !== undefined) killGroup(pid, "SIGKILL");
    if (!this.#launch) this.#closeOutput();
    this.#finish(helperDied(how, { started: pid !== undefined }));
  }

  #finish(launched: Launched): void {
    const launch = this.#launch;
    this.#launch = undefined;
    launch?.resolve(launched);
  }

  #closeOutput(): void {
    this.#output?.stdout.close();
    this.#output?.stderr.close();
    this.#output = undefined;
  }
}

function helperDied(how: string, { started }: { started: boolean }): Launched {
  return { end: { kind: "helper-died", how, started }, leftGroup: started, inGroup: [], mayHoldMore: true };
}

/** Connects a task to its helper's pipes. */
function redirection(path: string): string {
  return `exec >${shellQuote(`${path}.out`)} 2>${shellQuote(`${path}.err`)} </dev/null || exit 126\n`;
}

/** Adds up `0m1.234s 0m0.056s`; the decimal separator depends on the locale. */
function secondsOfTimes(line: string): number {
  let seconds = 0;
  for (const [, minutes, rest] of line.matchAll(/(\d+)m([\d.,]+)s/g)) {
    seconds += Number(minutes) * 60 + Number(rest?.replace(",", "."));
  }
  return seconds;
}
