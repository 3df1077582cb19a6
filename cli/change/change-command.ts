import { Command } from "commander";
import { UsageError } from "../../lib/errors.ts";
import type { ChangeCounts, ChangeOptions, ChangeReport } from "../../workflow/change.ts";
import { checkWhich, type Which } from "../../workflow/which.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { askYes } from "../ask/ask-yes.ts";
import { printRunAgain } from "../flags/fresh-shell.ts";
import {
  addSelectorFlags,
  readsStdin,
  SELECTOR_HELP,
  type SelectorFlags,
  samplesOf,
  whichOf,
} from "../flags/selector-flags.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { FLAG_WORDING } from "../flags/wording.ts";
import { INTERRUPTED_EXIT_CODE, interruptible } from "../interrupts.ts";
import { reportSlowSamples } from "../output/slow-samples.ts";
import { reportUnknownSteps } from "../output/unknown-steps.ts";
import { Preview } from "./preview.ts";
import { aheadText, JsonReport, QuietReport, TextReport } from "./report.ts";

/** What all changing commands have in common. */
export interface ChangeFlags extends TargetFlags, SelectorFlags {
  all?: boolean;
  force?: boolean;
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** How the changing commands differ. */
export interface ChangeCommandSpec<Flags extends ChangeFlags> {
  name: string;
  /** as in "3 items were reset" */
  did: string;
  summary: string;
  description: string;
  /** what `--force` does to a locked item */
  force: string;
  examples: readonly string[];
  /** additional lines for the help */
  remarks?: readonly string[];
  addFlags?: (command: Command) => Command;
  /** whether the changed items can then run, so that it makes sense to say how */
  areToRun?: (options: Flags) => boolean;
  /** calls the method of the workflow */
  change: (workflow: Workflow, which: Which, options: Flags & ChangeOptions) => Promise<ChangeReport>;
}

/**
 * A command that selects items, shows what it would do, asks for confirmation, makes the change, and reports on each
 * item.
 */
export function changeCommand<Flags extends ChangeFlags>(spec: ChangeCommandSpec<Flags>): Command {
  const command = addSelectorFlags(new Command(spec.name).summary(spec.summary).description(spec.description));
  command.option("--all", "every item of the table");
  (spec.addFlags?.(command) ?? command)
    .option("--force", spec.force)
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "only show which items would change")
    .option("--json", "print one JSON document: the result for each item, and the counts")
    .option("-q, --quiet", "print only what goes wrong");
  return addTargetFlags(command)
    .addHelpText(
      "after",
      `\n${[...HELP, ...(spec.remarks ?? [])].join("\n")}\n\nExamples:\n  ${spec.examples.join("\n  ")}`,
    )
    .action(async (ids: string[], flags: Flags) => {
      checkUsage(spec.name, ids, flags);
      process.exitCode = await withTable(flags, (workflow) =>
        interruptible((signal) => run(spec, flags, { workflow, ids, signal })),
      );
    });
}

const HELP = [
  SELECTOR_HELP,
  "Locked items are left alone and listed, unless --force.",
  "Exit code 1 if an item failed to change, or a named item or step does not exist.",
];

function checkUsage(name: string, ids: readonly string[], flags: ChangeFlags): void {
  checkWhich(whichOf(ids, flags), name, FLAG_WORDING);
  if (flags.yes || flags.dryRun) return;
  if (readsStdin(ids, flags))
    throw new UsageError(`${name}: itemIDs come from stdin, so nobody can be asked: give --yes or --dry-run`);
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(`${name}: there is no terminal to ask on: give --yes, or --dry-run to see what it would do`);
  }
}

interface Call {
  workflow: Workflow;
  ids: readonly string[];
  signal: AbortSignal;
}

/** Shows what would happen and asks, if required, then makes the change. Returns the exit code. */
async function run<Flags extends ChangeFlags>(
  spec: ChangeCommandSpec<Flags>,
  flags: Flags,
  call: Call,
): Promise<number> {
  const { workflow, ids, signal } = call;
  const go = (options: Pick<ChangeOptions, "dryRun" | "onItem">) =>
    spec.change(workflow, whichOf(ids, flags), { ...flags, ...options, signal });
  const preview = async (): Promise<Preview> => {
    const found = new Preview();
    found.ahead = aheadText(await go({ dryRun: true, onItem: (one) => found.add(one) }));
    return found;
  };
  let total: number | undefined;
  let dryRun = flags.dryRun === true;
  const mustAsk = !flags.yes && !dryRun;
  if (mustAsk || (!dryRun && !flags.json && !flags.quiet && process.stderr.isTTY && !readsStdin(ids, flags))) {
    const found = await preview();
    if (signal.aborted) return INTERRUPTED_EXIT_CODE;
    total = found.total;
    if (mustAsk) process.stderr.write(`${found.text(spec.did)}\n`);
    if (mustAsk && found.changed > 0 && !(await askYes("Continue?"))) {
      process.stderr.write("Nothing was changed.\n");
      return 1;
    }
    dryRun = mustAsk && found.changed === 0; // nobody was asked, so nothing may change
  }
  if (flags.dryRun && !flags.json) {
    const found = await preview();
    if (signal.aborted) return INTERRUPTED_EXIT_CODE;
    process.stdout.write(`${found.text(spec.did)}\n`);
    const isMistyped = await reportUnknownSteps(workflow, flags.step);
    return isMistyped || found.missing > 0 ? 1 : 0;
  }
  const report = reportFor(spec.did, flags, total);
  const counts = await go({ dryRun, onItem: (one) => report.add(one) });
  await report.end(counts);
  if (counts.changed > 0 && !dryRun && !flags.json && !flags.quiet && spec.areToRun?.(flags)) printRunAgain();
  if (samplesOf(flags)) await reportSlowSamples(workflow);
  const isMistyped = await reportUnknownSteps(workflow, flags.step);
  if (signal.aborted) return INTERRUPTED_EXIT_CODE;
  return isMistyped ? 1 : exitCodeOf(counts);
}

function reportFor(did: string, { json, quiet, dryRun }: ChangeFlags, total: number | undefined) {
  if (json) return new JsonReport(dryRun ? { dryRun: true } : {});
  return quiet ? new QuietReport(did) : new TextReport(did, total);
}

function exitCodeOf({ notFound, failed }: ChangeCounts): number {
  return notFound > 0 || failed > 0 ? 1 : 0;
}
