import { SingleBar } from "cli-progress";
import type { ItemChange } from "../../lib/changes/change-items.ts";
import type { ChangeCounts, ChangeReport } from "../../workflow/change.ts";
import { counted } from "../output/counted.ts";
import { JsonArray } from "../output/json-array.ts";
import { shellWords } from "../output/shell-words.ts";
import { writeOut } from "../output/write-out.ts";
import { ownLine } from "../own-command.ts";

/** A command to copy names no more items than this. */
const NAMED = 5;

/** What comes before the items in JSON. */
export interface ChangeHead {
  dryRun?: true;
}

/**
 * The counts at the end; for a reset, also the followers that used the old result, and items that lack their inputs.
 */
export type EndCounts = ChangeCounts & Pick<ChangeReport, "followersDone" | "inputsRemoved">;

const usedText = (items: number) => `${counted(items, "item")} used the old result`;
const goneText = (items: number) => `the results of ${counted(items, "item")} before that were removed`;

/** What a reset would leave to do, before it is made. */
export function aheadText({ followersDone = 0, inputsRemoved = 0 }: EndCounts): string[] {
  return [
    ...(followersDone > 0
      ? [`${usedText(followersDone)}, and would keep what came of it: to start them over as well, add --following`]
      : []),
    ...(inputsRemoved > 0 ? [`${goneText(inputsRemoved)}: to make them again, too, add --preceding`] : []),
  ];
}

/** Prints the result for each item as it comes, and the counts at the end. */
interface PrintedReport {
  add(change: ItemChange): void | Promise<void>;
  end(counts: EndCounts): Promise<void>;
}

/** One JSON document: every item, then the counts. */
export class JsonReport implements PrintedReport {
  readonly #head: ChangeHead;
  readonly #items = new JsonArray();
  #begun = false;

  constructor(head: ChangeHead) {
    this.#head = head;
  }

  async add(change: ItemChange): Promise<void> {
    await this.#begin();
    await this.#items.push([change]);
  }

  async end({ changed, unchanged, notFound, failed, followersDone, inputsRemoved }: EndCounts): Promise<void> {
    const counts: EndCounts = { changed, unchanged, notFound, failed };
    if (followersDone) counts.followersDone = followersDone;
    if (inputsRemoved) counts.inputsRemoved = inputsRemoved;
    await this.#begin();
    await this.#items.end();
    await writeOut(`,${JSON.stringify(counts).slice(1)}\n`);
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const head = Object.entries(this.#head).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`);
    await writeOut(`{${head.join("")}"items":`);
  }
}

/** A line for each item that was not changed, and the counts at the end; on a terminal, a progress bar. */
export class TextReport implements PrintedReport {
  readonly #did: string;
  readonly #bar: Bar | undefined;
  /** the first items that changed: enough to see whether a command can name them all */
  readonly #changed: string[] = [];
  #locked = 0;

  constructor(did: string, total: number | undefined, err: NodeJS.WriteStream = process.stderr) {
    this.#did = did;
    this.#bar = total !== undefined && err.isTTY ? new Bar(err, total) : undefined;
  }

  add(change: ItemChange): void | Promise<void> {
    if (change.result === "changed") {
      if (this.#changed.length <= NAMED) this.#changed.push(change.itemID);
      this.#bar?.step();
      return;
    }
    if (change.result === "unchanged" && change.why?.startsWith("locked by ")) this.#locked++;
    this.#bar?.clear();
    const written = writeOut(`${change.itemID}: ${change.result}${change.why ? ` (${change.why})` : ""}\n`);
    this.#bar?.step();
    return written;
  }

  async end({ changed, unchanged, notFound, failed, followersDone = 0, inputsRemoved = 0 }: EndCounts): Promise<void> {
    this.#bar?.end();
    const others = [
      ...(unchanged > 0 ? [`${unchanged.toLocaleString("en-US")} unchanged`] : []),
      ...(notFound > 0 ? [`${notFound.toLocaleString("en-US")} not found`] : []),
      ...(failed > 0 ? [`${failed.toLocaleString("en-US")} failed`] : []),
    ];
    await writeOut(`${[`${counted(changed, "item")} ${this.#did}`, ...others].join(", ")}\n`);
    if (this.#locked > 0) {
      const [are, them] = this.#locked === 1 ? ["is", "it"] : ["are", "them"];
      await writeOut(`${counted(this.#locked, "item")} ${are} locked by a worker (--force takes ${them} from it)\n`);
    }
    if (followersDone > 0) {
      const start = `start ${followersDone === 1 ? "it" : "them"} over`;
      await writeOut(`${usedText(followersDone)}: ${start} with ${this.#again("--following")}\n`);
    }
    if (inputsRemoved > 0) {
      await writeOut(`${goneText(inputsRemoved)}: make them again, too, with ${this.#again("--preceding")}\n`);
    }
  }

  /** A command for the same items: what selected them, such as their state, may not do so any more. */
  #again(flag: string): string {
    const ids = this.#changed;
    return ids.length > NAMED
      ? `${flag} and the itemIDs or the step`
      : `"${ownLine(`reset ${shellWords(ids)} ${flag}`)}"`;
  }
}

/** Lines for items that could not be changed, and the counts if there are any. */
export class QuietReport implements PrintedReport {
  readonly #text: TextReport;

  constructor(did: string) {
    this.#text = new TextReport(did, undefined);
  }

  add(change: ItemChange): void | Promise<void> {
    if (isWrong(change.result)) return this.#text.add(change);
  }

  async end(counts: EndCounts): Promise<void> {
    if (counts.notFound > 0 || counts.failed > 0) await this.#text.end(counts);
  }
}

function isWrong(result: ItemChange["result"]): boolean {
  return result === "not found" || result === "failed";
}

class Bar {
  readonly #out: NodeJS.WriteStream;
  readonly #bar: SingleBar;

  constructor(out: NodeJS.WriteStream, total: number) {
    this.#out = out;
    const format = "{bar} {percentage}% | {value} of {items} | {eta_formatted} left";
    const looks = { barCompleteChar: "█", barIncompleteChar: "░", barsize: 30, hideCursor: true };
    this.#bar = new SingleBar({ stream: out, format, ...looks, clearOnComplete: true, etaBuffer: 1_000 });
    this.#bar.start(total, 0, { items: counted(total, "item") });
  }

  step(): void {
    this.#bar.increment();
  }

  /** Makes room for a line; the next step draws the bar again below it. */
  clear(): void {
    this.#out.write("\r\x1b[K");
  }

  end(): void {
    this.#bar.stop();
  }
}
