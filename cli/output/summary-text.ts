import { endsText } from "../../lib/ends-text.ts";
import type { StepRanBefore } from "../../lib/progress/late-samples.ts";
import type { Summary } from "../../lib/progress/summarize.ts";
import type { Counts } from "../../lib/progress/tally.ts";
import { drainingSentence } from "../../lib/settings/standstills.ts";
import { ownCommand, ownLine } from "../own-command.ts";
import { duration } from "./durations.ts";
import { sharesText } from "./share-text.ts";
import { shellWords } from "./shell-words.ts";
import { drainAdvice, pausedAdvice } from "./step-advice.ts";
import { table } from "./table.ts";

/** A summary for a person. */
export function summaryText(summary: Summary): string {
  const steps = Object.entries(summary.steps);
  if (steps.length === 0) return `Table ${summary.table} is empty.`;
  const columns = COLUMNS.filter(({ isShown }) => isShown(summary));
  const rows = steps.map(([step, counts]) => [step, ...stepRow(counts, columns)]);
  if (steps.length > 1) rows.push(["all", ...stepRow(summary, columns)]);
  const lines = [
    table(["step", ...columns.map(({ name }) => name), "tasks done", "of"], rows),
    "",
    `items by how many of their tasks are done: ${sharesText(summary.progress)}`,
  ];
  lines.push(...adviceLines(summary), ...pausedLines(summary));
  if (summary.throughput) lines.push(`throughput: ${rate(summary.throughput.itemsPerHour)}${expectedEnd(summary)}`);
  const { byCause, newest } = summary.failures;
  if (newest.length > 0) {
    lines.push(
      `failures: ${Object.entries(byCause)
        .map(([cause, count]) => `${cause} ${count}`)
        .join(", ")}`,
      "",
      table(
        ["newest failures", "sample", "step", "cause", "exit code", "at"],
        newest.map((item) => [item.itemID, item.taskID, item.step, item.cause, item.exitCode ?? "", item.at]),
      ),
    );
  }
  return lines.join("\n");
}

/** What the user should do, except about paused steps. */
export function adviceLines(summary: Summary): string[] {
  const { draining } = summary;
  return [
    ...blockedLines(summary),
    ...lateLines(summary),
    ...(draining ? [`${drainingSentence(draining)}; ${drainAdvice()}`] : []),
  ];
}

/** Why steps are paused, and what to type about it. */
function pausedLines({ paused }: Summary): string[] {
  return Object.entries(paused).map(([step, pause]) => pausedAdvice(step, pause));
}

interface Column {
  name: string;
  count(counts: Counts): number;
  isShown(all: Counts): boolean;
}

const ALWAYS = () => true;

/** Most tables have no items that wait for others. */
const COLUMNS: readonly Column[] = [
  {
    name: "waiting",
    count: ({ items, blocked }) => items.waiting - blocked,
    isShown: ({ items }) => items.waiting > 0,
  },
  { name: "blocked", count: ({ blocked }) => blocked, isShown: ({ blocked }) => blocked > 0 },
  ...(["todo", "locked", "done", "failed", "held"] as const).map((state) => ({
    name: state,
    count: ({ items }: Counts) => items[state],
    isShown: ALWAYS,
  })),
];

function stepRow(counts: Counts, columns: readonly Column[]): number[] {
  return [...columns.map(({ count }) => count(counts)), counts.tasks.done, counts.tasks.total];
}

/** What to do about blocked items. */
function blockedLines({ blocked }: Summary): string[] {
  if (blocked === 0) return [];
  const which =
    blocked === 1 ? "1 item waits for items that have failed" : `${blocked} items wait for items that have failed`;
  return [`blocked: ${which}; start those over:  ${ownLine("reset --state failed")}`];
}

/**
 * Items that started without samples that were added later, or used results that have been made again since, and what
 * runs them again with the current ones. `place`: what a command needs before its name to find the stack.
 */
export function lateLines(
  { ranWithout = [], ranOnOld = [] }: Pick<Summary, "ranWithout" | "ranOnOld">,
  place: readonly string[] = [],
): string[] {
  return [
    ...againLines(
      ranWithout.filter(isAllUnstarted),
      { did: "will start without", help: "to wait for all samples" },
      place,
    ),
    ...againLines(
      ranWithout.filter((of) => !isAllUnstarted(of)),
      { did: "ran without", help: "with all samples" },
      place,
    ),
    ...againLines(ranOnOld, { did: "used old results of", help: "with the new ones" }, place),
  ];
}

/** Whether there is still time to make all of them wait. */
function isAllUnstarted({ items, unstarted, atLeast }: StepRanBefore): boolean {
  return unstarted === items && !atLeast;
}

function againLines(
  steps: readonly StepRanBefore[],
  { did, help }: { did: string; help: string },
  place: readonly string[],
): string[] {
  return steps.map(({ step, items, atLeast, itemIDs, samples, sampleCount, followed }) => {
    const which = itemIDs.length === items && !atLeast ? itemIDs : ["--step", step, "--state", "done"];
    const words = shellWords([...ownCommand(), "reset", ...(followed ? ["--following"] : []), ...which]);
    const command = [...place, words].join(" ");
    const more = sampleCount > samples.length ? ` and ${sampleCount - samples.length} more` : "";
    const count = `${items.toLocaleString("en-US")}${atLeast ? " or more items" : items === 1 ? " item" : " items"}`;
    return `${step}: ${count} ${did} ${samples.join(", ")}${more}; ${help}:  ${command}`;
  });
}

function rate(itemsPerHour: number): string {
  if (itemsPerHour >= 3_600) return `${(itemsPerHour / 3_600).toFixed(1)} items a second`;
  return itemsPerHour >= 60
    ? `${(itemsPerHour / 60).toFixed(1)} items a minute`
    : `${itemsPerHour.toFixed(1)} items an hour`;
}

function expectedEnd({ at, expectedEnd: atThroughput, endsBetween }: Summary): string {
  const atMs = Date.parse(at);
  if (endsBetween) {
    const { likely, from, to } = endsText(endsBetween, atMs);
    const inMs = Math.max(0, Date.parse(endsBetween.likely) - atMs);
    return `, expected end in ${duration(inMs)}: ${likely}, between ${from} and ${to}${guessText(endsBetween)}`;
  }
  if (!atThroughput) return "";
  return `, expected end in ${duration(Date.parse(atThroughput) - atMs)} (${atThroughput})`;
}

/** Which run times behind a range are only guessed. */
function guessText({ guessed = [] }: NonNullable<Summary["endsBetween"]>): string {
  if (guessed.length === 0) return "";
  return ` (a guess: no item of ${guessed.slice(0, 3).join(", ")}${guessed.length > 3 ? " …" : ""} is done yet)`;
}
