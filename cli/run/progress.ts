import type { Summary } from "../../lib/progress/summarize.ts";
import { counted } from "../output/counted.ts";
import { endsLine } from "../output/ends-line.ts";
import { LiveText, screenSize } from "../output/live.ts";
import { screenText } from "../output/screen/screen.ts";

/** Shows the progress of a run. */
export interface Progress {
  show(summary: Summary): void;
  /** prints a line that is not overwritten */
  say(line: string): void;
  end(): void;
}

/** A live screen on a terminal, plain lines elsewhere, nothing if `silent`. */
export function makeProgress(out: NodeJS.WriteStream, silent: boolean, now: () => number = Date.now): Progress {
  if (silent) return { show() {}, say() {}, end() {} };
  return out.isTTY ? new ScreenProgress(out) : new LineProgress(out, now);
}

/** The screen of `watch`, which gives way to other lines and then comes back. */
class ScreenProgress implements Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #live: LiveText;
  readonly #draw = () => {
    if (this.#last) this.#live.show(screenText(this.#last, screenSize(this.#out), { foot: FOOT }));
  };
  #last: Summary | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#live = new LiveText(out);
    out.on("resize", this.#draw);
  }

  show(summary: Summary): void {
    if (summary.tasks.total === 0) return;
    this.#last = summary;
    this.#draw();
  }

  say(line: string): void {
    this.#live.clear();
    this.#out.write(`${line}\n`);
    this.#draw();
  }

  end(): void {
    this.#out.off("resize", this.#draw);
    this.#live.clear();
    this.#last = undefined;
  }
}

const FOOT = "Ctrl-C stops; the same command goes on later.";

/** Prints lines only when something has changed, and at most this often. */
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
    // a new forecast alone is not news
    if (line === this.#last || this.#now() - this.#lastAtMs < LINE_MS) return;
    this.#last = line;
    this.#lastAtMs = this.#now();
    const { endsBetween, at } = summary;
    this.#out.write(`${line}${endsBetween ? `; ${endsLine(endsBetween, at)}` : ""}\n`);
  }

  say(line: string): void {
    this.#out.write(`${line}\n`);
  }

  end(): void {}
}
