import { Command } from "commander";
import { type Change, changeItems, type Tell } from "../../lib/changes/change-items.ts";
import { UsageError } from "../../lib/errors.ts";
import { isEverything } from "../../lib/select/selector.ts";
import { askYes } from "../ask-yes.ts";
import {
  addSelectorFlags,
  readsStdin,
  SELECTOR_HELP,
  type SelectorFlags,
  selectorOf,
} from "../flags/selector-flags.ts";
import { addTargetFlags, type TargetFlags, targetTable } from "../flags/target.ts";
import { INTERRUPTED_EXIT_CODE, takeInterrupts } from "../interrupts.ts";
import { tellUnknownSteps } from "../output/unknown-steps.ts";
import { Preview } from "./preview.ts";
import { type ChangeCounts, JsonReport, TextReport } from "./report.ts";

/** What all changing commands have in common. */
export interface ChangeFlags extends TargetFlags, SelectorFlags {
  all?: boolean;
  force?: boolean;
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** What sets a changing command apart. */
export interface ChangeCommandSpec<Flags extends ChangeFlags> {
  name: string;
  /** as in "3 items were reset" */
  did: string;
  summary: string;
  description: string;
  /** what `--force` does to a locked item */
  force: string;
  examples: readonly string[];
  /** what else is worth knowing */
  remarks?: readonly string[];
  addFlags?: (command: Command) => Command;
  change: (flags: Flags) => Change;
}

/** A command that selects items, says what it would do to them, asks, does it, and tells what became of each. */
export function changeCommand<Flags extends ChangeFlags>(spec: ChangeCommandSpec<Flags>): Command {
  const command = addSelectorFlags(new Command(spec.name).summary(spec.summary).description(spec.description));
  command.option("--all", "every item of the table");
  (spec.addFlags?.(command) ?? command)
    .option("--force", spec.force)
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "only say what would become of which items")
    .option("--json", "print one JSON document: what became of each item, and the counts");
  return addTargetFlags(command)
    .addHelpText(
      "after",
      `\n${[...HELP, ...(spec.remarks ?? [])].join("\n")}\n\nExamples:\n  ${spec.examples.join("\n  ")}`,
    )
    .action(async (ids: string[], flags: Flags) => {
      const change = spec.change(flags);
      checkUsage(spec.name, ids, flags);
      process.exitCode = await run(spec, change, ids, flags);
    });
}

const HELP = [
  SELECTOR_HELP,
  "Locked items are left alone, and named, unless --force.",
  "Exit code 1 if any item failed to change, or an item or step that was named is not there.",
];

function checkUsage(name: string, ids: readonly string[], flags: ChangeFlags): void {
  if (isEverything(selectorOf(ids, flags)) && !flags.all) {
    throw new UsageError(`${name}: which items? Name them or select them (see --help); --all means every item`);
  }
  if (flags.yes || flags.dryRun) return;
  if (readsStdin(ids, flags))
    throw new UsageError(`${name}: itemIDs on stdin leave nobody to ask: give --yes or --dry-run`);
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(`${name}: there is no terminal to ask on: give --yes, or --dry-run to see what it would do`);
  }
}

async function run<Flags extends ChangeFlags>(
  spec: ChangeCommandSpec<Flags>,
  change: Change,
  ids: readonly string[],
  flags: Flags,
): Promise<number> {
  const { table, close } = targetTable(flags, process.env);
  const interrupts = takeInterrupts();
  interrupts.onAgain(() => process.exit(INTERRUPTED_EXIT_CODE));
  const { signal } = interrupts;
  const go = (report: { add: Tell }, dryRun: boolean) => {
    const selector = selectorOf(ids, flags);
    return changeItems(table, selector, change, { tell: (one) => report.add(one), dryRun, signal });
  };
  try {
    let total: number | undefined;
    let dryRun = flags.dryRun === true;
    const mustAsk = !flags.yes && !dryRun;
    if (mustAsk || (!dryRun && !flags.json && process.stderr.isTTY && !readsStdin(ids, flags))) {
      const preview = new Preview();
      await go(preview, true);
      if (signal.aborted) return INTERRUPTED_EXIT_CODE;
      total = preview.total;
      if (mustAsk) process.stderr.write(`${preview.text(spec.did)}\n`);
      if (mustAsk && preview.changed > 0 && !(await askYes("Go on?"))) {
        process.stderr.write("Nothing was changed.\n");
        return 1;
      }
      dryRun = mustAsk && preview.changed === 0; // nobody was asked, so nothing may change
    }
    if (flags.dryRun && !flags.json) {
      const preview = new Preview();
      await go(preview, true);
      if (signal.aborted) return INTERRUPTED_EXIT_CODE;
      process.stdout.write(`${preview.text(spec.did)}\n`);
      const isMistyped = await tellUnknownSteps(table.settings, flags.step);
      return isMistyped || preview.missing > 0 ? 1 : 0;
    }
    const report = flags.json ? new JsonReport(flags.dryRun ? { dryRun: true } : {}) : new TextReport(spec.did, total);
    await go(report, dryRun);
    await report.end();
    const isMistyped = await tellUnknownSteps(table.settings, flags.step);
    if (signal.aborted) return INTERRUPTED_EXIT_CODE;
    return isMistyped ? 1 : exitCodeOf(report.counts);
  } finally {
    interrupts.dispose();
    close();
  }
}

function exitCodeOf({ notFound, failed }: ChangeCounts): number {
  return notFound > 0 || failed > 0 ? 1 : 0;
}
