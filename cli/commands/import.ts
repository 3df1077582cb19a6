import { basename } from "node:path";
import { Command, Option } from "commander";
import { REPORT_TIMEOUT_MS } from "../../lib/import/await-report.ts";
import type { Counts } from "../../lib/import/ledger.ts";
import { shownInput } from "../../lib/input.ts";
import type { DropFileOptions, DroppedFile, ImportReport } from "../../workflow/import-file.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { secondsToMs } from "../flags/flag-values.ts";
import { printRunAgain } from "../flags/fresh-shell.ts";
import {
  addImportFlags,
  checkImport,
  importWords,
  LIST_HELP,
  listOf,
  SHEET_HELP,
  sayTyping,
} from "../flags/import-flags.ts";
import { addBucketFlag, addRegionFlag, type BucketFlags, withWorkflow } from "../flags/target.ts";
import { downloadCommand } from "../import/download-command.ts";
import { dryRunJson, dryRunText, readDryRun } from "../import/dry-run.ts";
import { importLine, importRemarks, partLine } from "../import/import-text.ts";
import { printDone } from "../output/print.ts";
import { shellWords } from "../output/shell-words.ts";
import { ownCommand } from "../own-command.ts";
import { saveRejected } from "../run/rejected-rows.ts";
import { ownStackFolder } from "../stack-folder.ts";

interface ImportCommandFlags extends BucketFlags, DropFileOptions {
  /** milliseconds; false: do not wait */
  wait: number | false;
  dryRun?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** `anamo import FILE`: drops a task file into the bucket and shows the report on its import. */
export function importCommand(): Command {
  const command = new Command("import")
    .summary("Imports a task file: drops it into the bucket and waits.")
    .description("Drops a task file into the bucket and waits until it is imported.")
    .argument("<file>", LIST_HELP)
    .argument("[sheet]", SHEET_HELP);
  return addRegionFlag(addBucketFlag(addImportFlags(command)))
    .addOption(
      new Option("--wait <seconds>", "how long to wait for the report, or for a sign of progress")
        .argParser(secondsToMs)
        .default(REPORT_TIMEOUT_MS, String(REPORT_TIMEOUT_MS / 1_000)),
    )
    .option("--no-wait", "only upload the file")
    .option("--dry-run", "only read the file here and show what would be added; contacts no service")
    .option("--json", "print the import's report as JSON")
    .option("-q, --quiet", "print nothing unless something goes wrong")
    .addHelpText(
      "after",
      `
Exit code 1 if rows were rejected or no report came, 2 if the file cannot be read as a task file.

Examples:
  anamo import align.txt --step align
  anamo import again.txt --on-duplicate reset
  anamo import workflow.yml samples.csv
  anamo import samples.csv --step align --script 'align.sh {sample} {fastq_1}'
  psql --csv -f list.sql | anamo import - --name cohort7
  anamo import commands.txt --commands
  anamo import align.txt --dry-run`,
    )
    .action(async (first: string, second: string | undefined, given: ImportCommandFlags) => {
      const { file, options } = listOf([first, second], given);
      const flags = { ...given, ...options };
      const { dryRun, wait } = flags;
      sayTyping(file);
      process.exitCode = await withWorkflow(flags, (workflow) => {
        if (dryRun) return showDryRun(workflow, file, flags);
        return wait === false ? drop(workflow, file, flags) : importAndReport(workflow, file, { ...flags, wait });
      });
    });
}

async function showDryRun(workflow: Workflow, file: string, flags: ImportCommandFlags): Promise<number> {
  await checkImport(file, flags);
  const found = await readDryRun(workflow, file, flags);
  process.stdout.write(`${flags.json ? dryRunJson(found) : dryRunText(found)}\n`);
  return found.rejected + found.repeated > 0 ? 1 : 0;
}

async function drop(workflow: Workflow, file: string, flags: ImportCommandFlags): Promise<number> {
  const place = await workflow.dropFile(file, flags);
  printDone(flags, place, () => placeText(file, place));
  return 0;
}

async function importAndReport(
  workflow: Workflow,
  file: string,
  flags: ImportCommandFlags & { wait: number },
): Promise<number> {
  const { wait: timeoutMs } = flags;
  const onPart = (soFar: Counts) => void process.stderr.write(`anamo: ${partLine(soFar)}\n`);
  const report = await workflow.importFile(file, { ...flags, timeoutMs, onSlow: () => saySlow(timeoutMs), onPart });
  const exitCode = report.status === "rejected" ? 2 : report.rejected > 0 ? 1 : 0;
  const ownFolder = ownStackFolder();
  const saved = ownFolder && (await saveRejected(workflow, report, ownFolder));
  printDone(flags, report, () => reportText(file, flags, { ...report, saved }), exitCode);
  if (report.imported + report.reset > 0 && !flags.json && !flags.quiet) printRunAgain();
  return exitCode;
}

function placeText(file: string, { bucket, key, reportKey }: DroppedFile): string {
  return `${shownInput(file)} is uploaded to s3://${bucket}/${key}; its import will be reported in s3://${bucket}/${reportKey}`;
}

function saySlow(timeoutMs: number): void {
  process.stderr.write(
    `anamo: no report yet; waiting up to ${timeoutMs / 1_000} s for it (--wait). Ctrl-C stops only the waiting.\n`,
  );
}

function reportText(
  file: string,
  flags: DropFileOptions,
  report: ImportReport & { saved?: string | undefined },
): string {
  const { status, message, bucket, rejectedKey, reportKey, saved } = report;
  return [
    status === "rejected" ? `${shownInput(file)}: ${message}` : importLine(report),
    ...importRemarks(report, rejectedKey ? fixText({ bucket, key: rejectedKey, saved }, flags) : []),
    `report: s3://${bucket}/${reportKey}`,
  ].join("\n");
}

/** The commands that download the rejected rows, unless they are saved, and import them with the same options. */
function fixText(
  { bucket, key, saved }: { bucket: string; key: string; saved: string | undefined },
  flags: DropFileOptions,
): string[] {
  const again = (path: string) => `  ${shellWords([...ownCommand(), "import", ...importWords(path, flags)])}`;
  if (saved) return [`fix them in ${saved}, then import them:`, again(saved)];
  return ["fix them, then import them:", `  ${downloadCommand(bucket, key)}`, again(basename(key))];
}
