import { SingleBar } from "cli-progress";
import type { Summary } from "../../lib/progress/summarize.ts";
import { countInColor } from "../output/color.ts";
import { counted } from "../output/counted.ts";
import { duration } from "../output/durations.ts";

/** Shows the progress of a run. */
export interface Progress {
  show(summary: Summary): void;
  /** a line that is not overwritten */
  say(line: string): void;
  end(): void;
}

/** A live bar on a terminal, plain lines elsewhere, nothing if `silent`. */
export function makeProgress(out: NodeJS.WriteStream, silent: boolean, now: () => number = Date.now): Progress {
  if (silent) return { show() {}, say() {}, end() {} };
  return out.isTTY ? new BarProgress(out) : new LineProgress(out, now);
}

class BarProgress implements Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #bar: SingleBar;
  #shown = false;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#bar = new SingleBar({
      stream: out,
      format: "{bar} {percentage}% | {value} of {tasks} | {running} running, {failed} failed | {left}",
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 1,
    });
  }

  show(summary: Summary): void {
    const { tasks, items } = summary;
    if (tasks.total === 0) return;
    const values = {
      tasks: counted(tasks.total, "task"),
      running: items.locked,
      failed: countInColor("failed", items.failed),
      left: leftOf(summary),
    };
    if (!this.#shown) this.#bar.start(tasks.total, tasks.done, values);
    this.#shown = true;
    this.#bar.setTotal(tasks.total);
    this.#bar.update(tasks.done, values);
  }

  say(line: string): void {
    const shown = this.#shown;
    if (shown) this.#bar.stop();
    this.#shown = false;
    this.#out.write(`${line}\n`);
  }

  end(): void {
    if (this.#shown) this.#bar.stop();
    this.#shown = false;
  }
}

/** Lines come only when something has changed, and at most this often. */
const LINE_MS = 2_000;

class LineProgress implements Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #now: () => number;
  #last = "";
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(out: NodeJS.WriteStream, now: () => number) {
    this.#out = out;
    this.#now = now;
  }

  show(summary: Summary): void {
    const { items, tasks, blocked } = summary;
    if (tasks.total === 0) return;
    const parts = [
      `${tasks.done} of ${counted(tasks.total, "task")} done`,
      `${counted(items.locked, "item")} running`,
      `${items.todo} todo`,
      // most lists have no items that wait for others
      ...(items.waiting > blocked ? [`${items.waiting - blocked} waiting`] : []),
      ...(blocked > 0 ? [`${blocked} blocked`] : []),
      `${items.failed} failed`,
    ];
    const line = parts.join(", ");
    if (line === this.#last || this.#now() - this.#lastAtMs < LINE_MS) return;
    this.#last = line;
    this.#lastAtMs = this.#now();
    this.#out.write(`${line}\n`);
  }

  say(line: string): void {
    this.#out.write(`${line}\n`);
  }

  end(): void {}
}

function leftOf(summary: Summary): string {
  if (!summary.expectedEnd) return "";
  return `about ${duration(Math.max(0, Date.parse(summary.expectedEnd) - Date.parse(summary.at)))} left`;
}
