import { Command, Option } from "commander";
import type { NestedProgress } from "../../lib/progress/nested-progress.ts";
import type { Summary } from "../../lib/progress/summarize.ts";
import { WATCH_EVERY_MS, type WatchOptions, watch } from "../../lib/progress/watch.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import type { OnEvent } from "../events/on-event.ts";
import { watchEvents } from "../events/watch-events.ts";
import { secondsToMs, wholeNumber } from "../flags/flag-values.ts";
import { onEventOption } from "../flags/on-event-flag.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { interruptible } from "../interrupts.ts";
import { endsLine } from "../output/ends-line.ts";
import { LiveText, screenSize } from "../output/live.ts";
import { nestedText } from "../output/progress-tables.ts";
import { screenText } from "../output/screen/screen.ts";
import { sharesText } from "../output/share-text.ts";
import { upStackFolder } from "../stack-folder.ts";
import { type Watched, watchStack } from "../stack-watch.ts";

interface WatchFlags extends TargetFlags {
  every: number;
  count?: number;
  nested?: boolean;
  json?: boolean;
  onEvent?: string;
}

/** `anamo watch`: the summary, repeatedly. */
export function watchCommand(): Command {
  return addTargetFlags(new Command("watch").description("Shows the summary repeatedly until Ctrl-C."))
    .addOption(
      new Option("--every <seconds>", "pause between summaries")
        .argParser(secondsToMs)
        .default(WATCH_EVERY_MS, String(WATCH_EVERY_MS / 1_000)),
    )
    .option("--count <n>", "stop after this many summaries", wholeNumber)
    .option("--nested", "nested items by how many of their tasks are done")
    .option("--json", "print one JSON document per summary, each on its own line")
    .addOption(onEventOption().conflicts("nested"))
    .addHelpText(
      "after",
      `
It ends when the run that it watches ends, and shows what that left.
On a terminal it shows a bar for each step, the expected end, the last hour and
the newest failures, and is updated in place; elsewhere each look is one line.
Colors: the terminal's own; NO_COLOR turns them off, FORCE_COLOR=1 on.
--on-event tells a command what happens while this watches, as run does.

Examples:
  anamo watch
  anamo watch --every 60 --nested
  anamo watch --count 3 --every 2 --json | jq .items
  anamo watch --every 60 --on-event 'mail -s "$ANAMO_SUBJECT" you@example.org'`,
    )
    .action(async (flags: WatchFlags) => {
      await withTable(flags, (workflow) => interruptible((signal) => start({ workflow, signal }, flags)));
    });
}

async function start(watched: Watched, flags: WatchFlags): Promise<void> {
  const dir = upStackFolder();
  const live = new LiveText(process.stdout);
  const { onEvent, region, profile } = flags;
  const at = { table: watched.workflow.table, region, profile };
  const events = onEvent === undefined ? undefined : watchEvents(onEvent, at, dir);
  const watchOne = (each: Watched) =>
    flags.nested ? watchNested(each, flags, live) : watchAll(each, { ...flags, events }, live);
  try {
    await (dir === undefined ? watchOne(watched) : watchStack(dir, watched, watchOne));
    if (!watched.signal.aborted) await events?.settled();
  } finally {
    await events?.close();
  }
}

async function watchNested({ workflow, signal, ended }: Watched, flags: WatchFlags, live: LiveText): Promise<void> {
  const foot = ended ? `${capitalized(ended)}.` : "Ctrl-C to stop";
  const text = (look: NestedProgress) => `${nestedText(look)}\n\n${look.at}, ${foot}`;
  const show = shower(flags, { text, line: nestedLine, ended }, live);
  const options = { everyMs: flags.every, count: ended ? 1 : flags.count, signal };
  for await (const look of workflow.watch({ ...options, nested: true })) show(look);
}

async function watchAll(
  { workflow, signal, ended }: Watched,
  { events, ...flags }: WatchFlags & { events: OnEvent | undefined },
  live: LiveText,
): Promise<void> {
  const notes = ended
    ? { foot: `${capitalized(ended)}.` }
    : { everyMs: flags.every, foot: "Ctrl-C leaves; the work goes on." };
  const text = (look: Summary) => screenText(look, screenSize(process.stdout), notes);
  const show = shower(flags, { text, line: summaryLine, ended }, live);
  const options = { everyMs: flags.every, count: ended ? 1 : flags.count, signal };
  for await (const look of summaries(workflow, options, events)) show(look);
}

/** The looks of {@link Workflow.watch}; also shows each to whoever is told about events. */
async function* summaries(workflow: Workflow, options: WatchOptions, events: OnEvent | undefined) {
  if (!events) return yield* workflow.watch(options);
  for await (const look of watch(() => workflow.look(), options)) {
    events.see(look);
    yield look.summary;
  }
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** How to show a look: on a terminal, and as a line; `ended`: set for the last look, with the reason. */
interface Shown<T> {
  text: (look: T) => string;
  line: (look: T) => string;
  ended: string | undefined;
}

function shower<T extends { at: string }>(
  { json }: WatchFlags,
  { text, line, ended }: Shown<T>,
  live: LiveText,
): (look: T) => void {
  if (json || !process.stdout.isTTY) {
    return (look) => {
      process.stdout.write(json ? `${JSON.stringify(look)}\n` : `${look.at} ${line(look)}\n`);
      if (ended) process.stderr.write(`anamo: ${ended}\n`);
    };
  }
  return (look) => live.follow(() => text(look));
}

function summaryLine({ items, tasks, paused, draining, endsBetween, at }: Summary): string {
  // most tables have no items that wait for others
  const shown = Object.entries(items).filter(([state, count]) => state !== "waiting" || count > 0);
  const states = shown.map(([state, count]) => `${count} ${state}`);
  const steps = Object.keys(paused);
  return [
    `items: ${states.join(", ")}; tasks done: ${tasks.done} of ${tasks.total}`,
    ...(draining ? ["drained"] : []),
    ...(steps.length > 0 ? [`paused: ${steps.join(", ")}`] : []),
    ...(endsBetween ? [endsLine(endsBetween, at)] : []),
  ].join("; ");
}

function nestedLine({ items, tasks, progress }: NestedProgress): string {
  return `nested items: ${items} (by tasks done: ${sharesText(progress)}); tasks done: ${tasks.done} of ${tasks.total}`;
}
