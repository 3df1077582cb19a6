import { Command, Option } from "commander";
import type { NestedProgress } from "../../lib/progress/nested-progress.ts";
import type { Summary } from "../../lib/progress/summarize.ts";
import { WATCH_EVERY_MS } from "../../lib/progress/watch.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { secondsToMs, wholeNumber } from "../flags/flag-values.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { interruptible } from "../interrupts.ts";
import { endsLine } from "../output/ends-line.ts";
import { LiveText, screenSize } from "../output/live.ts";
import { nestedText } from "../output/progress-tables.ts";
import { screenText } from "../output/screen/screen.ts";
import { sharesText } from "../output/share-text.ts";

interface WatchFlags extends TargetFlags {
  every: number;
  count?: number;
  nested?: boolean;
  json?: boolean;
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
    .addHelpText(
      "after",
      `
On a terminal it shows a bar for each step, the expected end, the last hour and
the newest failures, and is updated in place; elsewhere each look is one line.
Colors: the terminal's own; NO_COLOR turns them off, FORCE_COLOR=1 on.

Examples:
  anamo watch
  anamo watch --every 60 --nested
  anamo watch --count 3 --every 2 --json | jq .items`,
    )
    .action(async (flags: WatchFlags) => {
      await withTable(flags, (workflow) => interruptible((signal) => watch(workflow, flags, signal)));
    });
}

async function watch(workflow: Workflow, flags: WatchFlags, signal: AbortSignal): Promise<void> {
  const options = { everyMs: flags.every, count: flags.count, signal };
  if (flags.nested) {
    const text = (look: NestedProgress) => `${nestedText(look)}\n\n${look.at}, Ctrl-C to stop`;
    const show = shower(flags, text, nestedLine);
    for await (const look of workflow.watch({ ...options, nested: true })) show(look);
  } else {
    const show = shower(flags, summaryScreen(flags), summaryLine);
    for await (const look of workflow.watch(options)) show(look);
  }
}

function shower<T extends { at: string }>(flags: WatchFlags, text: (look: T) => string, line: (look: T) => string) {
  if (flags.json) return (look: T) => void process.stdout.write(`${JSON.stringify(look)}\n`);
  if (!process.stdout.isTTY) return (look: T) => void process.stdout.write(`${look.at} ${line(look)}\n`);
  const live = new LiveText(process.stdout);
  let last: T | undefined;
  const draw = () => {
    if (last) live.show(text(last));
  };
  process.stdout.on("resize", draw);
  return (look: T) => {
    last = look;
    draw();
  };
}

function summaryScreen({ every }: WatchFlags): (look: Summary) => string {
  const notes = { everyMs: every, foot: "Ctrl-C leaves; the work goes on." };
  return (look) => screenText(look, screenSize(process.stdout), notes);
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
