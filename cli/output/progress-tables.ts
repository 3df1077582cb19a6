import { PROGRESS_CLASSES } from "../../lib/items/progress-class.ts";
import { ITEM_STATES } from "../../lib/items/states.ts";
import type { SampleProgress, SampleTable, StateCounts } from "../../lib/progress/by-sample.ts";
import type { NestedProgress } from "../../lib/progress/nested-progress.ts";
import { cell } from "./cell.ts";
import { statesInColor } from "./color.ts";
import { agreeing, counted } from "./counted.ts";
import { type CsvFormat, csvLine } from "./csv.ts";
import { JsonArray } from "./json-array.ts";
import { shareText } from "./share-text.ts";
import { table } from "./table.ts";
import { writeOut } from "./write-out.ts";

/** The progress of nested items for a person. */
export function nestedText({ table: name, items, tasks, progress, itemIDs }: NestedProgress): string {
  if (items === 0) return `Table ${name} has no nested items.`;
  const total = `${counted(items, "nested item")}, ${tasks.done} of ${counted(tasks.total, "task")} done`;
  const rows = PROGRESS_CLASSES.map((kind) => [shareText(kind), progress[kind]]);
  const lists = PROGRESS_CLASSES.flatMap((kind) =>
    itemIDs && itemIDs[kind].length > 0
      ? ["", `tasks done: ${shareText(kind)}`, ...itemIDs[kind].map((id) => `  ${id}`)]
      : [],
  );
  return [table(["tasks done", "items"], rows), "", total, ...lists].join("\n");
}

/** How to print samples; `onlyDone`: only those that are done, without items that combine samples. */
export interface SamplesFormat {
  format: "table" | "json" | CsvFormat;
  onlyDone: boolean;
}

/** Prints samples against steps, a line at a time. */
export async function printSamples(all: SampleTable, { format, onlyDone }: SamplesFormat): Promise<void> {
  const found = onlyDone ? { ...all, samples: { [Symbol.iterator]: () => doneOf(all) } } : all;
  const { steps } = found;
  switch (format) {
    case "json":
      return printJson(found);
    case "csv":
    case "raw-csv":
      await writeOut(csvLine(["taskID", "done", ...steps], format));
      for (const sample of found.samples) {
        await writeOut(csvLine([sample.taskID, sample.done, ...cellsOf(sample, steps)], format));
      }
      return;
    case "table":
      return printTable(all, found.samples);
    default:
      return format satisfies never;
  }
}

function* doneOf({ samples, isSample }: SampleTable): Generator<SampleProgress> {
  for (const sample of samples) if (sample.done && isSample(sample)) yield sample;
}

async function printJson({ samples, ...head }: SampleTable): Promise<void> {
  await writeOut(`${JSON.stringify(head).slice(0, -1)},"samples":`);
  const array = new JsonArray();
  for (const sample of samples) await array.push([sample]);
  await array.end();
  await writeOut("}\n");
}

async function printTable(
  { table: name, steps, samples, isSample }: SampleTable,
  shown: Iterable<SampleProgress>,
): Promise<void> {
  const widths = ["sample", ...steps].map((head) => cell(head).length);
  const inSteps = new Map(steps.map((step) => [step, { done: 0, total: 0 }]));
  const all = { count: 0, done: 0 };
  const real = { count: 0, done: 0 };
  for (const sample of samples) {
    const cells = [cell(sample.taskID), ...cellsOf(sample, steps)];
    for (const [at, text] of cells.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length);
    for (const counts of isSample(sample) ? [all, real] : [all]) {
      counts.count++;
      if (sample.done) counts.done++;
    }
    countSteps(sample, inSteps);
  }
  if (all.count === 0) return writeOut(`No sample of table ${name} has an item${steps.length > 0 ? " there" : ""}.\n`);
  const line = ([sample = "", ...cells]: readonly string[]) => {
    const padded = cells.map((text, at) => text.padEnd(widths[at + 1] ?? 0));
    return [sample.padEnd(widths[0] ?? 0), ...padded].join("  ").trimEnd();
  };
  await writeOut(`${line(["sample", ...steps.map((step) => cell(step))])}\n`);
  for (const sample of shown) {
    const text = line([cell(sample.taskID), ...cellsOf(sample, steps)]);
    const start = widths[0] ?? 0;
    await writeOut(`${text.slice(0, start)}${statesInColor(text.slice(start))}\n`);
  }
  const { count, done } = real.count > 0 ? real : all;
  await writeOut(
    `\n${done} of ${counted(count, "sample")} ${agreeing(done, "is", "are")} done, ${count - done} ${agreeing(count - done, "is", "are")} left\n`,
  );
  if (steps.length > 1) await writeOut(`done in step ${[...inSteps].map(shareOfStep).join(", ")}\n`);
}

/** Counts a sample in every step in which it has items. */
function countSteps(sample: SampleProgress, inSteps: ReadonlyMap<string, { done: number; total: number }>): void {
  for (const [step, states] of Object.entries(sample.steps)) {
    const counts = inSteps.get(step);
    if (!counts) continue;
    counts.total++;
    if (Object.keys(states).every((state) => state === "done")) counts.done++;
  }
}

function shareOfStep([step, { done, total }]: readonly [string, { done: number; total: number }]): string {
  return `${cell(step)}: ${done} of ${total}`;
}

/** `done` for a single item, otherwise `3 done, 1 failed`; empty if the sample has no item in the step. */
function cellsOf(sample: SampleProgress, steps: readonly string[]): string[] {
  return steps.map((step) => {
    const counts: StateCounts = sample.steps[step] ?? {};
    const states = ITEM_STATES.filter((state) => counts[state]);
    const isOne = states.length === 1 && counts[states[0] ?? "todo"] === 1;
    return isOne ? (states[0] ?? "") : states.map((state) => `${counts[state]} ${state}`).join(", ");
  });
}
