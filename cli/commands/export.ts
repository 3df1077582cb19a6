import { Command, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { EXPORT_FORMATS, type ExportFormat, needsFile } from "../../lib/export/formats.ts";
import type { LeftOut } from "../../lib/select/select-ids.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { addSelectorFlags, SELECTOR_HELP, type SelectorFlags, samplesOf, whichOf } from "../flags/selector-flags.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { counted } from "../output/counted.ts";
import { LeftOutNotes } from "../output/left-out.ts";
import { reportSlowSamples } from "../output/slow-samples.ts";
import { reportUnknownSteps } from "../output/unknown-steps.ts";
import { writeOut } from "../output/write-out.ts";
import { packageVersion } from "../version.ts";

interface ExportFlags extends TargetFlags, SelectorFlags {
  format: ExportFormat;
  out?: string;
  tasks: boolean;
  raw?: boolean;
  force?: boolean;
}

/** `anamo export`: items and nested tasks for other programs. */
export function exportCommand(): Command {
  const command = new Command("export")
    .summary("Writes items and tasks to a file: CSV, SQLite …")
    .description("Writes items and their nested tasks to a file, for other programs.");
  return addTargetFlags(addSelectorFlags(command))
    .addOption(new Option("--format <format>", EXPORT_FORMATS.join(", ")).choices(EXPORT_FORMATS).makeOptionMandatory())
    .option("--out <file>", "where to write it (default: stdout)")
    .option("--force", "replace a file that is not an earlier export in this format")
    .option("--no-tasks", "leave out the tasks of nested items")
    .option("--raw", "csv: no ' before what a spreadsheet would compute; trace: ms and bytes")
    .addHelpText(
      "after",
      `
${SELECTOR_HELP}
Times, memory, exit code and tags are of the last attempt of each item; of those
before, the table knows only how many there were. More: docs/export.md

Examples:
  anamo export --format sqlite --out study.db
  anamo export --format csv --raw --step align --out align.csv
  anamo export --format jsonl --state failed | jq -r .itemID`,
    )
    .action((ids: string[], flags: ExportFlags) => withTable(flags, (workflow) => run(workflow, ids, flags)));
}

async function run(workflow: Workflow, ids: readonly string[], flags: ExportFlags): Promise<void> {
  const { format, out, tasks, raw = false, force = false, step } = flags;
  if (raw && format !== "csv" && format !== "trace")
    throw new UsageError("--raw goes with --format csv and trace only");
  if (format === "multiqc" && out !== undefined && !/_mqc\.tsv$|^\/dev\//.test(out))
    throw new UsageError(`--out ${out}: MultiQC only looks at names that end in _mqc.tsv`);
  if (format === "ro-crate" && out !== undefined && !/(^|\/)ro-crate-metadata\.json$|^\/dev\//.test(out))
    throw new UsageError(`--out ${out}: an RO-Crate needs the name ro-crate-metadata.json, in its own folder`);
  if (force && out === undefined) throw new UsageError("--force goes with --out FILE only");
  if (out === undefined && needsFile(format)) throw new UsageError(`--format ${format} needs --out FILE`);
  const notes = new LeftOutNotes();
  const found = await workflow.export(whichOf(ids, flags), {
    format,
    out: out ?? writeOut,
    tasks,
    raw,
    force,
    version: packageVersion(),
    onLeftOut: (leftOut: LeftOut) => notes.add(leftOut),
    onRemark: (remark) => void process.stderr.write(`anamo: ${remark}\n`),
  });
  if (out !== undefined) {
    const also = tasks ? ` and ${counted(found.tasks, "nested task")}` : "";
    process.stderr.write(`${counted(found.items, "item")}${also} in ${out}\n`);
  }
  if (samplesOf(flags)) await reportSlowSamples(workflow);
  const isMistyped = await reportUnknownSteps(workflow, step);
  process.exitCode = isMistyped || notes.count > 0 ? 1 : 0;
}
