import { endsText } from "../../../lib/ends-text.ts";
import { causeText, isUnstarted } from "../../../lib/failures/cause-text.ts";
import { countClaimable } from "../../../lib/progress/count-claimable.ts";
import type { Summary } from "../../../lib/progress/summarize.ts";
import { PAUSED_BY_HAND } from "../../../lib/settings/standstills.ts";
import { ownCommand } from "../../own-command.ts";
import { cell } from "../cell.ts";
import { painted } from "../color.ts";
import { counted } from "../counted.ts";
import { shellWords } from "../shell-words.ts";
import { resumeAdvice } from "../step-advice.ts";
import { adviceLines } from "../summary-text.ts";
import { cutEnd, cutMiddle, padEnd, widthOf } from "../widths.ts";
import { sparkline } from "./bar.ts";
import { drawn, inShown, SHOWN, type Signs, signsFor } from "./signs.ts";
import { shownCounts, stepsTable } from "./steps-table.ts";

/** What a screen shows besides the progress. */
export interface ScreenNotes {
  /** how often it is updated */
  everyMs?: number;
  /** the last line: what Ctrl-C does */
  foot: string;
  env?: Readonly<Record<string, string | undefined>>;
}

const MOST_FAILURES = 5;
/** From this width on there is room for commands next to failures. */
const WIDE = 100;

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The progress as a screen of this size: the answer first, then problems, steps, and the latest failures. */
export function screenText(
  summary: Summary,
  { columns, rows }: { columns: number; rows: number },
  { everyMs, foot, env = process.env }: ScreenNotes,
): string {
  const signs = signsFor(env);
  const every = everyMs === undefined ? "" : `, every ${everyMs / 1_000} s`;
  const clock = painted("dim", `${time.format(Date.parse(summary.at))}${every}`);
  const head = [
    ...bothEnds(`${painted("bold", cell(summary.table))}  ${stateText(summary, signs)}`, clock, columns, {
      isVital: false,
    }),
    ...bothEnds(painted("bold", leftText(summary)), endText(summary, columns), columns, { isVital: true }),
    ...fitted(problemsOf(summary, signs), "   ", columns),
  ];
  const last = painted("dim", cutEnd(foot, columns));
  const roomy = Math.max(1, rows - 2);
  const steps = stepsTable(summary, { columns, rows: roomy - head.length - 2 }, signs);
  const pauses = Object.entries(summary.paused).map(
    ([step, { why }]) => `step ${cell(step)}: ${resumeAdvice(step, { isByHand: why === PAUSED_BY_HAND })}`,
  );
  const blocks = [
    steps,
    [...pauses, ...adviceLines(summary)],
    hourLines(summary, columns, signs),
    failureLines(summary, columns, signs),
  ].filter((block) => block.length > 0);
  const lines = [...head];
  for (const block of blocks) {
    const fits = roomy - lines.length - 1;
    if (fits < 2 && lines.length > head.length) break;
    lines.push("", ...block.slice(0, Math.max(1, fits)));
  }
  return [...lines, "", last].join("\n");
}

/** Two texts at both ends of a line; if they do not fit, the second gets its own line or is dropped. */
function bothEnds(left: string, right: string, columns: number, { isVital }: { isVital: boolean }): string[] {
  const room = columns - widthOf(left) - widthOf(right);
  if (right !== "" && room >= 2) return [`${left}${" ".repeat(room)}${right}`];
  return [left, ...(isVital && right !== "" ? [right] : [])];
}

function stateText(summary: Summary, signs: Signs): string {
  const { items, draining } = summary;
  const total = Object.values(items).reduce((sum, count) => sum + count, 0);
  const isUtf8 = signs.dash === "–";
  if (total === 0) return "nothing to do yet";
  if (items.done === total) return inShown("done", isUtf8 ? "✓ done" : "done");
  if (draining) return inShown("paused", isUtf8 ? "■ stopping" : "stopping");
  if (items.locked > 0)
    return `${inShown("running", isUtf8 ? "▶ running" : "> running")}, ${counted(items.locked, "item")} at work`;
  if (countClaimable(summary) > 0) return inShown("paused", isUtf8 ? "○ nobody works" : "nobody works");
  if (Object.keys(summary.paused).length > 0) return `${drawn(signs, "paused")} ${inShown("paused", "paused")}`;
  return items.waiting > summary.blocked
    ? "waiting"
    : `${drawn(signs, "failed")} ${inShown("failed", "done with failures")}`;
}

function leftText({ items, blocked }: Summary): string {
  const total = Object.values(items).reduce((sum, count) => sum + count, 0);
  const left = total - items.done - items.failed - blocked;
  return `${items.done} of ${counted(total, "item")} done, ${left} left`;
}

function endText({ endsBetween, items, at }: Summary, columns: number): string {
  if (!endsBetween) return items.locked > 0 ? painted("dim", "end not known yet") : "";
  const { likely, from, to } = endsText(endsBetween, Date.parse(at));
  const guess = endsBetween.guessed ? ", a guess" : "";
  const end = painted("bold", likely);
  if (columns < 70) return `ends ${end} (${from} to ${to})`;
  return `expected end ${end}, between ${from} and ${to}${guess}`;
}

/** Texts side by side, as many as fit on each line. */
function fitted(texts: readonly string[], gap: string, columns: number): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const longer = `${lines.at(-1)}${gap}${text}`;
    if (lines.length > 0 && widthOf(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(text);
  }
  return lines;
}

/** What needs attention. */
function problemsOf({ items, blocked, paused, draining }: Summary, signs: Signs): string[] {
  return [
    ...(items.failed > 0
      ? [
          `${drawn(signs, "failed")} ${inShown("failed", `${counted(items.failed, "item")} failed`)}${blocked > 0 ? `, ${blocked} blocked` : ""}`,
        ]
      : []),
    ...Object.keys(paused).map(
      (step) => `${drawn(signs, "paused")} ${inShown("paused", `step ${cell(step)} is paused`)}`,
    ),
    ...(items.held > 0
      ? [`${drawn(signs, "paused")} ${inShown("paused", `${counted(items.held, "item")} on hold`)}`]
      : []),
    ...(draining ? [inShown("paused", "workers take nothing new")] : []),
  ];
}

function hourLines({ lastHour = [], steps, paused }: Summary, columns: number, signs: Signs): string[] {
  const count = lastHour.reduce((sum, n) => sum + n, 0);
  const hour = `last hour  ${inShown("done", sparkline(lastHour, signs))}  ${counted(count, "item")}`;
  const used = SHOWN.filter((shown) =>
    Object.entries(steps).some(([step, counts]) => shownCounts(counts, { isPaused: step in paused })[shown] > 0),
  );
  const legend = used.map((shown) => `${drawn(signs, shown)} ${painted("dim", shown)}`);
  const [first = "", ...more] = fitted(legend, " ", columns);
  return [...bothEnds(hour, first, columns, { isVital: true }), ...more];
}

function failureLines({ failures: { newest } }: Summary, columns: number, signs: Signs): string[] {
  if (newest.length === 0) return [];
  const shown = newest.slice(0, MOST_FAILURES);
  const names = shown.map(({ itemID }) =>
    cutMiddle(cell(itemID, 200), columns >= WIDE ? 32 : Math.max(8, Math.floor(columns / 3))),
  );
  const width = Math.max(...names.map(widthOf));
  return [
    painted("dim", "newest failures"),
    ...shown.map((item, at) => {
      const exit = item.exitCode === undefined ? "" : `, exit ${item.exitCode}`;
      const what = cutEnd(`${causeText(item.cause)}${exit}`, Math.max(4, columns - width - 12));
      const line = `${drawn(signs, "failed")} ${time.format(Date.parse(item.at)).slice(0, 5)}  ${padEnd(names[at] ?? "", width)}  ${what}`;
      const words = isUnstarted(item) ? ["show", item.itemID] : ["logs", item.itemID, "--stderr"];
      const look = shellWords([...ownCommand(), ...words]);
      return columns >= WIDE ? (bothEnds(line, look, columns, { isVital: false })[0] ?? line) : line;
    }),
  ];
}
