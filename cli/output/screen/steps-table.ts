import { endsText, momentText } from "../../../lib/ends-text.ts";
import type { Summary } from "../../../lib/progress/summarize.ts";
import type { Counts } from "../../../lib/progress/tally.ts";
import { cell } from "../cell.ts";
import { painted } from "../color.ts";
import { counted } from "../counted.ts";
import { cutEnd, cutMiddle, padEnd, padStart, widthOf } from "../widths.ts";
import { barOf, type ShownCounts } from "./bar.ts";
import { drawn, inShown, type Signs } from "./signs.ts";

/**
 * With at least this many steps, or on a low screen, neighboring steps that are all done, or have not begun, share one
 * row.
 */
const FOLDS_FROM = 15;
const WIDEST_BAR = 44;
const NARROWEST_BAR = 6;
const WIDEST_RANGE = 17;
const GAP = "  ";

/** A step's items by the names that people use for their state. */
export function shownCounts({ items, blocked }: Counts, { isPaused = false } = {}): ShownCounts {
  return {
    done: items.done,
    running: items.locked,
    waiting: items.waiting - blocked + (isPaused ? 0 : items.todo),
    paused: items.held + (isPaused ? items.todo : 0),
    blocked,
    failed: items.failed,
  };
}

interface Row {
  name: string;
  counts: ShownCounts;
  done: string;
  rate: string;
  ends: string;
  /** lines below it: why it is paused */
  more: string[];
}

/** One row with a bar for each step, in workflow order. */
export function stepsTable(
  summary: Summary,
  { columns, rows: most }: { columns: number; rows: number },
  signs: Signs,
): string[] {
  const found = foldedSteps(summary, { isFolded: Object.keys(summary.steps).length >= Math.min(FOLDS_FROM, most) });
  const rows = found.flatMap((step) => ("counts" in step ? [rowOf(step.name, step.counts, summary, signs)] : []));
  const isWide = columns >= 100;
  const nameWidth = Math.min(
    widest(rows, ({ name }) => name),
    isWide ? 28 : columns >= 60 ? 16 : 10,
  );
  const parts: { head: string; text: (row: Row) => string; from: number; isLeft?: true }[] = [
    { head: "done", text: ({ done }) => done, from: 0 },
    { head: "run", text: ({ counts }) => String(counts.running), from: 60 },
    {
      head: "failed",
      text: ({ counts: { failed } }) =>
        failed > 0 ? `${drawn(signs, "failed")} ${inShown("failed", `${failed}`)}` : "0",
      from: 50,
    },
    { head: "an hour", text: ({ rate }) => rate, from: 72 },
    { head: "ends", text: ({ ends }) => ends, from: 60, isLeft: true },
  ];
  const shown = parts
    .filter(({ from }) => columns >= from)
    .map((part) => ({ ...part, width: Math.max(widthOf(part.head), widest(rows, part.text)) }));
  const others = shown.reduce((sum, { width }) => sum + width + GAP.length, nameWidth + GAP.length);
  const barWidth = Math.max(NARROWEST_BAR, Math.min(WIDEST_BAR, columns - others));
  const line = (name: string, bar: string, text: (part: (typeof shown)[number]) => string) =>
    [
      padEnd(name, nameWidth),
      padEnd(bar, barWidth),
      ...shown.map((part) => (part.isLeft ? padEnd : padStart)(text(part), part.width)),
    ]
      .join(GAP)
      .trimEnd();
  const indent = " ".repeat(nameWidth + GAP.length);
  return [
    painted(
      "dim",
      line("step", "", ({ head }) => head),
    ),
    ...found.flatMap((step) => {
      if (!("counts" in step)) return [painted("dim", step.text)];
      const row = rowOf(step.name, step.counts, summary, signs);
      const name = cutMiddle(row.name, nameWidth);
      return [
        line(name, barOf(row.counts, barWidth, signs), ({ text }) => text(row)),
        ...row.more.map((more) => indent + painted("dim", cutEnd(more, columns - indent.length))),
      ];
    }),
  ];
}

function rowOf(step: string, counts: Counts, { paused, at }: Summary, signs: Signs): Row {
  const pause = paused[step];
  const shown = shownCounts(counts, { isPaused: pause !== undefined });
  const total = totalOf(shown);
  const left = total - shown.done - shown.failed - shown.blocked;
  const perHour = counts.throughput?.itemsPerHour;
  return {
    name: cell(step, 200),
    counts: shown,
    done: `${shown.done}/${total}`,
    rate: perHour === undefined || left === 0 || pause ? signs.dash : rateText(perHour),
    ends: pause
      ? `${drawn(signs, "paused")} ${inShown("paused", "paused")}`
      : endOf(counts, { left, atMs: Date.parse(at) }, signs),
    more: pause
      ? [`since ${momentText(Date.parse(pause.since), Date.parse(at))}, by ${cell(pause.by)}: ${cell(pause.why, 100)}`]
      : [],
  };
}

function endOf(
  { endsBetween, blocked }: Counts,
  { left, atMs }: { left: number; atMs: number },
  { dash }: Signs,
): string {
  if (left === 0) return blocked > 0 ? "blocked" : "done";
  if (!endsBetween) return dash;
  const { likely, from, to } = endsText(endsBetween, atMs);
  const range = `${from}${dash}${to}`;
  return range.length <= WIDEST_RANGE ? range : `about ${likely}`;
}

export function rateText(perHour: number): string {
  return perHour < 10 ? perHour.toFixed(1) : Math.round(perHour).toLocaleString("en-US");
}

function totalOf(counts: ShownCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function widest(rows: readonly Row[], text: (row: Row) => string): number {
  return rows.reduce((most, row) => Math.max(most, widthOf(text(row))), 4);
}

/** Steps with running, paused or failed items never fold. */
function foldedSteps({ steps, paused }: Summary, { isFolded }: { isFolded: boolean }) {
  const all = Object.entries(steps);
  const kindOf = (step: string, counts: Counts) => {
    const { done, running, waiting, ...trouble } = shownCounts(counts, { isPaused: step in paused });
    if (!isFolded || step in paused || running + trouble.paused + trouble.failed + trouble.blocked > 0)
      return undefined;
    if (waiting === 0) return "all done";
    return done === 0 ? "not begun" : undefined;
  };
  const rows: ({ name: string; counts: Counts } | { text: string })[] = [];
  for (let at = 0; at < all.length; ) {
    const [name, counts] = all[at] as [string, Counts];
    const kind = kindOf(name, counts);
    let end = at + 1;
    while (kind && end < all.length && kindOf(...(all[end] as [string, Counts])) === kind) end++;
    if (end - at > 1) rows.push({ text: `${at + 1} to ${end}: ${counted(end - at, "step")}, ${kind}` });
    else rows.push({ name, counts });
    at = end;
  }
  return rows;
}
