import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import { awsName } from "../../worker/flag-names.ts";
import type { DropFileOptions } from "../../workflow/import-file.ts";
import {
  addImportFlags,
  checkFolder,
  checkImport,
  LIST_HELP,
  listOf,
  SHEET_HELP,
  sayTyping,
} from "../flags/import-flags.ts";
import { onEventOption } from "../flags/on-event-flag.ts";
import type { PrintFlags } from "../flags/print-flags.ts";
import { readingOf } from "../import/reading.ts";
import { INTERRUPTED_EXIT_CODE, takeInterrupts } from "../interrupts.ts";
import { dryRunOf, hasRejected, runDryRunText } from "../run/dry-run.ts";
import { isHeldUp } from "../run/held-up.ts";
import { makeProgress } from "../run/progress.ts";
import { DEFAULT_DIR, DEFAULT_TABLE } from "../run/rejected-rows.ts";
import type { Retry } from "../run/retry.ts";
import { type RunOptions, run } from "../run/run.ts";
import { runJson, runText } from "../run/show.ts";
import { aboveText, chosenFolder } from "../stack-folder.ts";

interface RunFlags extends DropFileOptions {
  workers: number;
  items: number;
  nested: number;
  maxAttempts: number;
  retryFailed?: boolean;
  retryList?: boolean;
  retryStep?: string[];
  dryRun?: boolean;
  timeout?: string;
  dir: string;
  table: string;
  pipeline: string;
  onEvent?: string;
  results?: string;
  json?: boolean;
  quiet?: boolean;
}

/** `anamo run FILE`: the whole service on this machine, for one task file. */
export function runCommand(): Command {
  const command = new Command("run")
    .summary("Runs a task file to its end on this machine.")
    .description("Runs a task file to its end on this machine, the way it would run on AWS.")
    .argument("<file>", LIST_HELP)
    .argument("[sheet]", SHEET_HELP);
  return addImportFlags(command)
    .addOption(
      new Option("--workers <n>", "worker processes")
        .argParser(wholeNumber)
        .default(Math.max(1, availableParallelism()), "one per processor"),
    )
    .option("-i, --items <n>", "items at a time in each worker", wholeNumber, 1)
    .option("-n, --nested <n>", "nested tasks of an item at a time", wholeNumber, 1)
    .option(
      "--max-attempts <n>",
      "attempts per item, unless the item sets MaxAttempts",
      wholeNumber,
      DEFAULT_POLICY.maxAttempts,
    )
    .option(
      "--retry-failed",
      "restart what failed in an earlier run, as the list says now; resume steps paused by failures",
    )
    .option("--retry-list", "the same, but only items of this list")
    .option("--retry-step <step>", "the same, only for this step; may be repeated", collected)
    .option("--dry-run", "show what would be added, restarted and left")
    .option("--timeout <seconds>", "longest run of one task", seconds)
    .option("--dir <folder>", "folder of table, bucket and logs, which lists in it share", DEFAULT_DIR)
    .option("-t, --table <name>", "name of the table", awsName("table"), DEFAULT_TABLE)
    .option("--pipeline <folder>", "pipeline scripts: PYANAMO, and on PATH", ".")
    .addOption(onEventOption())
    .option("--results <folder>", "where $OUT is published (default: results beside --dir)")
    .option("--json", "print one JSON document, at the end")
    .option("-q, --quiet", "print nothing unless something goes wrong")
    .addHelpText(
      "after",
      "\nExamples:\n  anamo run tasks.txt\n  anamo run align.tsv --step align --workers 4 -n 2\n  anamo run --commands lines.txt\n  anamo run workflow.yml samples.csv\n  anamo run tasks.txt --json | jq .failed",
    )
    .action(async (first: string, second: string | undefined, given: RunFlags, self: Command) => {
      const { file, options } = listOf([first, second], given);
      const { dir, isAbove } = chosenFolder(self, given.dir);
      const flags = { ...given, ...options, dir };
      if (isAbove) {
        // scripts of earlier lists, which may run again, were written for that folder
        if (self.getOptionValueSource("pipeline") === "default") flags.pipeline = dirname(flags.dir);
        const more = `with ${flags.pipeline} as PYANAMO; for another one here: --dir ${DEFAULT_DIR}`;
        process.stderr.write(`anamo: ${aboveText(flags.dir)} (${more})\n`);
      }
      await checkImport(file, flags);
      await checkFolder("--pipeline", flags.pipeline);
      sayTyping(file);
      if (flags.dryRun) {
        const found = await dryRunOf(optionsOf(file, flags), (line) => process.stderr.write(`${line}\n`));
        process.stdout.write(`${flags.json ? JSON.stringify(found) : runDryRunText(found)}\n`);
        process.exitCode = hasRejected(found) ? 1 : 0;
        return;
      }
      process.exitCode = await runToEnd(optionsOf(file, flags), flags);
    });
}

async function runToEnd(options: RunOptions, { json = false, quiet = false }: PrintFlags): Promise<number> {
  const interrupts = takeInterrupts();
  const progress = makeProgress(process.stdout, json || quiet);
  interrupts.signal.addEventListener("abort", () => progress.say("stopping: running items are released …"), {
    once: true,
  });
  try {
    // stdout must contain one document, or nothing
    const warn = json || quiet ? (line: string) => void process.stderr.write(`anamo: ${line}\n`) : undefined;
    const result = await run({ ...options, warn }, progress, interrupts.signal, interrupts.onAgain);
    const exitCode = result.failed.length > 0 || result.imported.rejected > 0 || isHeldUp(result.summary) ? 1 : 0;
    if (json || !quiet || exitCode !== 0) process.stdout.write(`${json ? runJson(result) : runText(result)}\n`);
    return exitCode;
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
    process.stderr.write("anamo: stopped; the same command continues from here\n");
    return INTERRUPTED_EXIT_CODE;
  } finally {
    interrupts.dispose();
  }
}

function optionsOf(file: string, flags: RunFlags): RunOptions {
  const { onDuplicate, onChanged, name } = flags;
  return {
    file,
    imports: { ...readingOf(flags), onDuplicate, onChanged, name },
    dir: flags.dir,
    table: flags.table,
    bucket: "anamo-local",
    results: flags.results,
    workers: flags.workers,
    maxAttempts: flags.maxAttempts,
    retry: retryOf(flags),
    onEvent: flags.onEvent,
    workerEnv: {
      ANAMO_ITEMS: String(flags.items),
      ANAMO_NESTED: String(flags.nested),
      ANAMO_PIPELINE: resolve(flags.pipeline),
      // the shell may have set this one, which cannot be combined with the one above; empty counts as not set
      ANAMO_PIPELINE_ARCHIVE: "",
      ...(flags.timeout && { ANAMO_TIMEOUT_SECONDS: flags.timeout }),
    },
  };
}

function retryOf({
  retryFailed = false,
  retryList = false,
  retryStep: steps,
  onDuplicate,
}: RunFlags): Retry | undefined {
  if (retryList && (onDuplicate === "skip" || onDuplicate === "fail")) {
    throw new UsageError(`--retry-list: expected --on-duplicate retry or reset with it, found ${onDuplicate}`);
  }
  return retryFailed || retryList || steps ? { listOnly: retryList, steps } : undefined;
}

function collected(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function wholeNumber(value: string): number {
  const parsed = Number(value);
  if (/^\d+$/.test(value) && parsed >= 1) return parsed;
  throw new InvalidArgumentError("Expected a whole number, 1 or more.");
}

function seconds(value: string): string {
  if (Number(value) > 0) return value;
  throw new InvalidArgumentError("Expected a number of seconds, more than 0.");
}
