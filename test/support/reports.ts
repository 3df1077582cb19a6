import type { Summary } from "../../lib/progress/summarize.ts";
import type { Place } from "../../lib/report/commands.ts";
import { CLASSES, type ItemClass, LETTERS, type Report, type StepReport } from "../../lib/report/report.ts";

const HOUR_MS = 3_600_000;
/** The time of made-up reports. */
export const REPORT_AT = Date.parse("2030-11-30T14:32:00Z");

export const HERE: Place = {
  isLocal: true,
  name: "this machine",
  program: ["anamo"],
  target: [],
  bucket: [],
  run: ["run", "samples.tsv"],
};

/** What a made-up study looks like. */
export interface Study {
  samples: number;
  steps: readonly string[];
  /** the share that is done, from 0 to 1 */
  share: number;
  /** samples with a failed item */
  failed?: number;
  paused?: string;
  names?: (at: number) => string;
  place?: Place;
}

/** A report as a summary of such a study would produce it, the same every time. */
export function madeReport(study: Study): Report {
  const { samples, steps, failed = 0, paused, names = (at) => `HG${String(at + 96).padStart(5, "0")}` } = study;
  const all = Array.from({ length: samples }, (_, at) => names(at));
  const rows = all.map((_, at) => cellsOf(at, study));
  const cells = Object.fromEntries(
    steps.map((step, column) => [step, rows.map((row) => LETTERS_OF(row[column])).join("")]),
  );
  const items = countAll(rows.flat());
  const isOver = items.running + items.waiting + items.paused === 0;
  const perStep = Object.fromEntries(
    steps.map((step, column) => [
      step,
      stepOf(
        rows.map((row) => row[column]),
        { column, before: steps[column - 1], isOver },
      ),
    ]),
  );
  const failedItems: Report["failures"]["items"] = rows.flatMap((row, at) => {
    const column = row.indexOf("failed");
    const [sample = "", step = ""] = [all[at], steps[column]];
    return column < 0 ? [] : [[`${sample}-${step}`, sample, step, column % 2]];
  });
  const series = { from: new Date(REPORT_AT - 6.3 * HOUR_MS).toISOString(), slotMs: HOUR_MS };
  const done = [0, 5, 7, 4, 7, 8, 6].map((n) => Math.round((n * items.done) / 37));
  const running = rows.flatMap((row, at) => {
    const column = row.indexOf("running");
    const [sample = "", step = ""] = [all[at], steps[column]];
    return column < 0
      ? []
      : [
          {
            itemID: `${sample}-${step}`,
            taskID: sample,
            step,
            worker: `host/${at % 7}`,
            since: ago(7 * at + 600),
            heardAt: ago(at % 60),
            isSilent: at % 97 === 96,
            ...(column === 1 && { tasks: { done: (at * 3) % 25, total: 25 } }),
          },
        ];
  });
  return {
    version: "0.1.0",
    study: `study-${samples}`,
    place: study.place ?? HERE,
    state:
      items.done === samples * steps.length ? "done" : isOver ? "failed" : items.done === 0 ? "starting" : "running",
    ...(items.done + items.running > 0 && { startedAt: new Date(REPORT_AT - 6.3 * HOUR_MS).toISOString() }),
    ...(isOver && { endedAt: new Date(REPORT_AT).toISOString() }),
    items,
    samples: { total: samples, done: rows.filter((row) => row.every((state) => state === "done")).length, failed },
    workers: { atWork: Math.min(7, items.running), silent: running.filter(({ isSilent }) => isSilent).length },
    ...(items.done > 0 && { cost: { slotHours: 0.7 * items.done } }),
    stepOrder: [...steps],
    steps: perStep,
    matrix: {
      samples: all,
      cells,
      shares: running
        .slice(0, 500)
        .flatMap(({ taskID, step, tasks }) => (tasks ? [[step, all.indexOf(taskID), tasks.done, tasks.total]] : [])),
      leftOut: 0,
    },
    failures: failuresOf(failedItems),
    running: running.slice(0, 20),
    ...(items.done > 0 && {
      series: { ...series, done, failed: done.map(() => 0), running: done.map((n) => (n > 0 ? 7 : 2)) },
    }),
    summary: summaryOf(study, { items, perStep, paused }),
  };
}

function LETTERS_OF(state: ItemClass | undefined): string {
  return state ? LETTERS[state] : ".";
}

/** Samples begin in order, and go through the steps one by one. */
function cellsOf(at: number, { samples, steps, share, failed = 0, paused }: Study): (ItemClass | undefined)[] {
  const noise = ((at * 7919) % 101) / 101 - 0.5;
  const position = 1 - at / Math.max(1, samples) + 0.15 * noise;
  const reached =
    share >= 1
      ? steps.length
      : share <= 0
        ? 0
        : Math.max(0, Math.round(steps.length * Math.min(1, 2.2 * share * position)));
  const failsAt = (at * 31) % samples < failed ? Math.min(steps.length - 1, (at * 3) % steps.length) : -1;
  return steps.map((step, column): ItemClass => {
    if (failsAt >= 0 && column === failsAt) return "failed";
    if (failsAt >= 0 && column > failsAt) return "blocked";
    if (failsAt >= 0 || column < reached) return "done";
    if (step === paused) return column === reached ? "paused" : "waiting";
    return column === reached && at % 4 === 0 ? "running" : "waiting";
  });
}

function countAll(states: readonly (ItemClass | undefined)[]): Record<ItemClass, number> {
  const counts = Object.fromEntries(CLASSES.map((name) => [name, 0])) as Record<ItemClass, number>;
  for (const state of states) if (state) counts[state]++;
  return counts;
}

function stepOf(
  states: readonly (ItemClass | undefined)[],
  { column, before, isOver }: { column: number; before: string | undefined; isOver: boolean },
): StepReport {
  const items = countAll(states);
  const seconds = [2_640, 4_560, 480, 1_800, 90, 9_000][column % 6] ?? 60;
  const memory = [9e9, 12e9, 2e9, 4e9][column % 4] ?? 1e9;
  const spread = (half: number) => ({
    p5: half * 0.6,
    p50: half,
    p95: half * 1.5,
    max: half * 2,
    n: Math.min(100, items.done),
  });
  return {
    items,
    ...(isOver && { endedAt: new Date(REPORT_AT).toISOString() }),
    after: before === undefined ? [] : [before],
    ...(items.done > 0 && { runSeconds: spread(seconds), peakMemoryBytes: spread(memory) }),
  };
}

function failuresOf(items: Report["failures"]["items"]): Report["failures"] {
  const kinds = [
    { cause: "oom", exitCode: 137, line: "bcftools: Killed" },
    { cause: "exit", exitCode: 1, line: "[E::bgzf_read_block] Invalid BGZF header at offset #" },
  ] as const;
  const groups = kinds.flatMap((kind, at) => {
    const own = items.filter(([, , , group]) => group === at);
    const [first] = own;
    if (!first) return [];
    const examples = own.slice(0, 3).map(([itemID, taskID]) => ({
      itemID,
      taskID,
      script: `call --sample ${taskID}`,
      logTail: `reading ${taskID}\n${kind.line.replace("#", "0")}`,
    }));
    return [
      {
        id: `aaaaaaaaa${at}`,
        step: first[2],
        ...kind,
        items: own.length,
        firstAt: ago(9_000),
        lastAt: ago(3_000),
        examples,
      },
    ];
  });
  return {
    groups,
    others: 0,
    items: groups.length === 2 ? items : items.map(([id, sample, step]) => [id, sample, step, 0]),
  };
}

function summaryOf(
  { steps, paused }: Study,
  {
    items,
    perStep,
  }: { items: Record<ItemClass, number>; perStep: Record<string, StepReport>; paused: string | undefined },
): Summary {
  const hourly = { itemsPerHour: 5.6, spanMs: HOUR_MS };
  const isMoving = items.running > 0 && items.done > 0;
  return {
    table: "anamo",
    at: new Date(REPORT_AT).toISOString(),
    ...countsOf(items),
    ...(isMoving && {
      throughput: hourly,
      expectedEnd: new Date(REPORT_AT + 2.6 * HOUR_MS).toISOString(),
      endsBetween: rangeAround(2.6),
    }),
    steps: Object.fromEntries(
      steps.map((step, at) => [
        step,
        {
          ...countsOf(perStep[step]?.items ?? items),
          ...(isMoving && {
            throughput: hourly,
            expectedEnd: new Date(REPORT_AT + (at + 1) * HOUR_MS).toISOString(),
            endsBetween: rangeAround(Math.min(2.6, at + 1)),
          }),
        },
      ]),
    ),
    paused: paused ? { [paused]: { since: ago(2_040), by: "maria", why: "the new VEP cache is being copied" } } : {},
    failures: { byCause: {}, newest: [] },
  };
}

function rangeAround(hours: number) {
  const at = (factor: number) => new Date(REPORT_AT + factor * hours * HOUR_MS).toISOString();
  return { likely: at(1), from: at(0.85), to: at(1.45) };
}

function countsOf({ done, running, waiting, paused, blocked, failed }: Record<ItemClass, number>) {
  const total = done + running + waiting + paused + blocked + failed;
  return {
    items: { waiting: waiting + blocked, todo: paused, locked: running, done, failed, held: 0 },
    blocked,
    tasks: { done, total },
    progress: { todo: total - done, "1-25%": 0, "26-75%": 0, "76-99%": 0, done },
  };
}

function ago(seconds: number): string {
  return new Date(REPORT_AT - seconds * 1_000).toISOString();
}
