import { isoDate } from "../iso-date.ts";
import type { ItemEntry } from "../items/item.ts";
import type { Looked } from "../progress/closer-look.ts";
import { EndTimes } from "../progress/end-times.ts";
import { type Attempt, attemptsOf } from "../progress/look-at-items.ts";
import { type Onlooker, summarize } from "../progress/summarize.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { classOf, stateOf } from "./classify.ts";
import type { Place } from "./commands.ts";
import { costOf } from "./cost.ts";
import { FailedEntries, groupFailures } from "./failures.ts";
import { Grid } from "./grid.ts";
import type { Report, RunningItem, Series, SlotPrice, StepReport } from "./report.ts";
import { type Span, seriesOf } from "./series.ts";
import { spreadOf } from "./spread.ts";

const SHOWN_RUNNING = 20;
const SHOWN_SILENT = 50;

/** What the table itself does not know. */
export interface ReportOptions {
  version: string;
  study: string;
  place: Place;
  /** how often the report is made */
  everySeconds?: number;
  /** what a slot hour costs, if known */
  slotPrice?: SlotPrice;
  /**
   * how many items there are, if known. Reads once more if the count differs: index reads are not atomic, so an item
   * that changes its state in the meantime may be missed or counted twice
   */
  items?: number;
  /** another onlooker for the same entries */
  onlooker?: Onlooker;
}

/**
 * Everything that the progress page shows. Reads the index once, as a summary does, then the rows of some items: the
 * failed ones, the running ones, and a few done ones of each step.
 */
export async function makeReport(table: Table, options: ReportOptions): Promise<Report> {
  const report = await readReport(table, options);
  const total = Object.values(report.items).reduce((sum, count) => sum + count, 0);
  return options.items === undefined || options.items === total ? report : readReport(table, options);
}

async function readReport(table: Table, options: ReportOptions): Promise<Report> {
  const seen = new Seen(table.now(), options.onlooker);
  const summary = await summarize(table, { onlooker: seen });
  const nowMs = Date.parse(summary.at);
  const [first, failures] = await Promise.all([attemptsOf(table, seen.firstDone()), groupFailures(table, seen.failed)]);
  const { attempts, running } = seen.rows;
  const { items } = seen.grid;
  const steps = stepsOf(seen, attempts);
  const stepOrder = [...steps.keys()].filter((step) => step in summary.steps || step in summary.paused);
  const startedAtMs = firstOf([...first, ...attempts], running);
  const isOver = items.running + items.waiting + items.paused === 0;
  const endedAtMs = isOver ? seen.lastEndMs : undefined;
  const doneOf = (step: string) => seen.grid.steps.get(step)?.done ?? 0;
  const counts = { doneOf, running: seen.runningItems };
  const cost = costOf(seen.rows, counts, { nowMs, price: options.slotPrice });
  const series = seen.lastEndMs === undefined ? undefined : timesOf(seen, { attempts, running, nowMs, startedAtMs });
  return {
    version: options.version,
    study: options.study,
    place: options.place,
    ...(options.everySeconds !== undefined && { everySeconds: options.everySeconds }),
    state: stateOf(summary, items),
    ...(startedAtMs !== undefined && { startedAt: isoDate(startedAtMs) }),
    ...(endedAtMs !== undefined && { endedAt: isoDate(endedAtMs) }),
    items,
    samples: seen.grid.samples(),
    workers: { atWork: seen.workers.size, silent: running.filter(({ isSilent }) => isSilent).length },
    ...(cost && { cost }),
    stepOrder,
    steps: Object.fromEntries([...steps].filter(([step]) => stepOrder.includes(step))),
    matrix: seen.grid.matrix(stepOrder),
    failures,
    running: longestFirst(running, steps, nowMs),
    ...(series && { series }),
    summary,
  };
}

/** What is kept of the entries of a summary: much less than all of them. */
class Seen implements Onlooker {
  readonly grid = new Grid();
  readonly failed = new FailedEntries();
  readonly workers = new Set<string>();
  readonly done: EndTimes;
  readonly failedAt: EndTimes;
  readonly lastEnds = new Map<string, number>();
  rows: Looked = { attempts: [], running: [] };
  links: Settings["links"] = new Map();
  runningItems = 0;
  readonly #other: Onlooker | undefined;

  constructor(nowMs: number, other?: Onlooker) {
    this.#other = other;
    this.done = new EndTimes(nowMs);
    this.failedAt = new EndTimes(nowMs);
  }

  get lastEndMs(): number | undefined {
    return this.lastEnds.size === 0 ? undefined : Math.max(...this.lastEnds.values());
  }

  settings(known: Settings): void {
    this.links = known.links;
    this.grid.settings(known);
    this.#other?.settings(known);
  }

  add(entry: ItemEntry, how: { isBlocked: boolean; isPaused: boolean }): void {
    const { itemId, step, state, endedAtMs, instance = "", jobAttempt = 0 } = entry;
    this.grid.add(entry, classOf(entry, how));
    this.#other?.add(entry, how);
    if (state === "locked") {
      this.runningItems++;
      this.workers.add(`${instance} ${jobAttempt}`);
    }
    if (state === "failed") this.failed.add(entry);
    if (endedAtMs === undefined || (state !== "done" && state !== "failed")) return;
    this.lastEnds.set(step, Math.max(endedAtMs, this.lastEnds.get(step) ?? 0));
    if (state === "failed") this.failedAt.add(endedAtMs, itemId);
    else this.done.add(endedAtMs, itemId);
  }

  looked(rows: Looked): void {
    this.rows = rows;
    this.#other?.looked?.(rows);
  }

  /** The item that was done first: shows when the work began. */
  firstDone(): string[] {
    const first = this.done.inOrder()[0]?.firstId;
    return first === undefined ? [] : [first];
  }
}

function stepsOf({ grid, links, lastEnds }: Seen, attempts: readonly Attempt[]): Map<string, StepReport> {
  const byStep = Map.groupBy(attempts, ({ step }) => step);
  return new Map(
    [...grid.steps].map(([step, items]) => {
      const looked = byStep.get(step) ?? [];
      const numbers = (of: "runSeconds" | "peakMemoryBytes" | "timeoutSeconds") =>
        looked.flatMap((attempt) => attempt[of] ?? []);
      const [runSeconds, memory] = [spreadOf(numbers("runSeconds")), spreadOf(numbers("peakMemoryBytes"))];
      const timeouts = numbers("timeoutSeconds");
      const lastMs = lastEnds.get(step);
      const isOver = lastMs !== undefined && items.running + items.waiting + items.paused + items.blocked === 0;
      const { after = [], afterAll = [] } = links.get(step) ?? {};
      return [
        step,
        {
          items,
          ...(isOver && { endedAt: isoDate(lastMs) }),
          after: [...new Set([...after, ...afterAll])],
          ...(runSeconds && { runSeconds }),
          ...(memory && { peakMemoryBytes: memory }),
          ...(timeouts.length > 0 && { timeoutSeconds: Math.max(...timeouts) }),
        },
      ];
    }),
  );
}

function firstOf(attempts: readonly Attempt[], running: readonly RunningItem[]): number | undefined {
  const starts = [...attempts.map(({ startedAtMs }) => startedAtMs), ...running.map(({ since }) => Date.parse(since))];
  return starts.length === 0 ? undefined : Math.min(...starts);
}

function timesOf(
  seen: Seen,
  found: {
    attempts: readonly Attempt[];
    running: readonly RunningItem[];
    nowMs: number;
    startedAtMs?: number | undefined;
  },
): Series {
  const { attempts, running, nowMs, startedAtMs } = found;
  const [done, failed] = [seen.done.inOrder(), seen.failedAt.inOrder()];
  const firsts = [startedAtMs, done[0]?.firstMs, failed[0]?.firstMs].filter((ms) => ms !== undefined);
  const isOver = seen.runningItems === 0;
  const looked = Map.groupBy(attempts, ({ step }) => step);
  const spans: Span[] = [...looked].flatMap(([step, of]) =>
    of.map(({ startedAtMs: fromMs, endedAtMs: toMs = fromMs }) => ({
      fromMs,
      toMs,
      weight: Math.max(1, (seen.grid.steps.get(step)?.done ?? of.length) / of.length),
    })),
  );
  const weight = running.length === 0 ? 0 : seen.runningItems / running.length;
  for (const { since } of running) spans.push({ fromMs: Date.parse(since), toMs: nowMs, weight });
  const toMs = isOver ? (seen.lastEndMs ?? nowMs) : nowMs;
  return seriesOf({ fromMs: Math.min(...firsts), toMs }, { done, failed, spans });
}

/** Silent items first, then those that have run longest for their step. */
function longestFirst(
  running: readonly RunningItem[],
  steps: ReadonlyMap<string, StepReport>,
  nowMs: number,
): RunningItem[] {
  const share = ({ since, step }: RunningItem) => {
    const seconds = (nowMs - Date.parse(since)) / 1_000;
    return seconds / (steps.get(step)?.runSeconds?.p95 || 86_400);
  };
  const sorted = running.toSorted((a, b) => share(b) - share(a));
  const silent = sorted.filter(({ isSilent }) => isSilent).slice(0, SHOWN_SILENT);
  return [...silent, ...sorted.filter(({ isSilent }) => !isSilent).slice(0, SHOWN_RUNNING)];
}
