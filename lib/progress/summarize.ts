import { sideBySide } from "../flow/side-by-side.ts";
import { isoDate } from "../iso-date.ts";
import type { ItemEntry } from "../items/item.ts";
import type { Cause } from "../items/states.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import type { Draining, Paused } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { type Counts, Tally } from "./tally.ts";

/** A failed item, as listed in the summary. */
export interface FailedItem {
  itemID: string;
  taskID: string;
  step: string;
  cause: Cause | "unknown";
  exitCode?: number;
  /** ISO 8601 UTC */
  at: string;
}

/** How far a table is. */
export interface Summary extends Counts {
  table: string;
  /** when it was read, ISO 8601 UTC */
  at: string;
  steps: Record<string, Counts>;
  /** the paused steps: since when, by whom and why */
  paused: Record<string, Paused>;
  /** set while workers claim nothing: see `anamo stop` */
  draining?: Draining;
  failures: { byCause: Partial<Record<FailedItem["cause"], number>>; newest: FailedItem[] };
}

const NEWEST = 10;
/** Queries at once: enough to read all shards in parallel, few enough for a small Lambda function. */
const WIDTH = 32;

/** Counts everything in the table by reading only its index. Memory does not grow with the number of items. */
export async function summarize(table: Table): Promise<Summary> {
  const nowMs = table.now();
  const known = await table.settings.get(0);
  const all = new Tally(nowMs);
  const steps = new Map([...known.steps.keys()].sort().map((step) => [step, new Tally(nowMs)]));
  const failures = new Failures();
  await sideBySide(partitionsOf(known), WIDTH, async (partition) => {
    for await (const page of readPartition(table, partition)) {
      for (const entry of page) {
        all.add(entry);
        const step = steps.get(entry.step) ?? new Tally(nowMs);
        step.add(entry);
        steps.set(entry.step, step);
        if (entry.state === "failed") failures.add(entry);
      }
    }
  });
  const counts = new Map([...steps].map(([step, tally]) => [step, tally.counts()]));
  const waitsForPerson = (step: string) => known.paused.has(step) && (counts.get(step)?.items.todo ?? 0) > 0;
  const heldUp = [...counts.keys()].filter((step) => known.draining || waitsForPerson(step));
  for (const step of heldUp) delete counts.get(step)?.expectedEnd;
  const { expectedEnd, ...ofAll } = all.counts();
  return {
    table: table.name,
    at: isoDate(nowMs),
    ...ofAll,
    // nobody can tell when items that wait for a person will end
    ...(expectedEnd !== undefined && heldUp.length === 0 && { expectedEnd }),
    steps: Object.fromEntries(counts),
    paused: Object.fromEntries([...known.paused].sort()),
    ...(known.draining && { draining: known.draining }),
    failures: failures.result(),
  };
}

/** Failures by cause, and the newest few. */
class Failures {
  readonly #byCause: Summary["failures"]["byCause"] = {};
  #newest: ItemEntry[] = [];

  add(entry: ItemEntry): void {
    const cause = entry.cause ?? "unknown";
    this.#byCause[cause] = (this.#byCause[cause] ?? 0) + 1;
    this.#newest.push(entry);
    if (this.#newest.length > 10 * NEWEST) this.#newest = this.#top();
  }

  result(): Summary["failures"] {
    return { byCause: this.#byCause, newest: this.#top().map(toFailedItem) };
  }

  #top(): ItemEntry[] {
    return this.#newest.sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0)).slice(0, NEWEST);
  }
}

function toFailedItem(entry: ItemEntry): FailedItem {
  return {
    itemID: entry.itemId,
    taskID: entry.taskId,
    step: entry.step,
    cause: entry.cause ?? "unknown",
    ...(entry.exitCode !== undefined && { exitCode: entry.exitCode }),
    at: isoDate(entry.endedAtMs ?? 0),
  };
}
