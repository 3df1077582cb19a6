import { Command, Option } from "commander";
import type { PlannedStudyStep } from "../../lib/import/plan-study.ts";
import { shownInput } from "../../lib/input.ts";
import { noTally, type Tally } from "../../lib/taskfile/tally.ts";
import type { DropFileOptions } from "../../workflow/import-file.ts";
import type { StudyPlan } from "../../workflow/plan.ts";
import { addOnChangedFlag, addReadingFlags, importWords, listOf } from "../flags/import-flags.ts";
import { addTargetFlags, type TargetFlags, withWorkflow } from "../flags/target.ts";
import { inputsRemovedText, notInSheetText, oddText, outdatedText } from "../import/sheet-remarks.ts";
import { SHEET_SENTENCES, tallyRemarks } from "../import/tally-remarks.ts";
import { addRejected, rejectedText, type WouldReject } from "../import/would-reject.ts";
import { noStack } from "../no-stack.ts";
import { cell } from "../output/cell.ts";
import { agreeing, counted } from "../output/counted.ts";
import { print } from "../output/print.ts";
import { shellWords } from "../output/shell-words.ts";
import { table as textTable } from "../output/table.ts";
import { ownLine } from "../own-command.ts";

interface PlanFlags extends TargetFlags, DropFileOptions {
  mermaid?: boolean;
  json?: boolean;
}

/** `anamo plan WORKFLOW SHEET`: what an import would do; changes nothing. */
export function planCommand(): Command {
  const command = new Command("plan")
    .summary("Shows what a workflow file and a sample sheet would add.")
    .description("Shows what a workflow file and a sample sheet would add or change, and changes nothing.")
    .argument("<file>", "the workflow file; with --script the sample sheet")
    .argument("[sheet]", "the sample sheet: any delimited text with a header");
  return addTargetFlags(addReadingFlags(addOnChangedFlag(command)))
    .addOption(new Option("--mermaid", "print the steps as a Mermaid flowchart, for a web page").conflicts("json"))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Exit code 1 if rows would be rejected, 2 if the workflow file or the sheet cannot be used.

Examples:
  anamo plan workflow.yml samples.csv
  anamo plan workflow.yml samples.csv --mermaid > study.mmd
  anamo plan samples.csv --step align --script 'align.sh {sample} {fastq_1}'`,
    )
    .action(async (first: string, second: string | undefined, { mermaid, json, ...given }: PlanFlags) => {
      const { file, options } = listOf([first, second], given);
      const tally = noTally();
      const isFirst = !isTableNamed(given) && noStack().why === "no folder";
      const found = await withWorkflow(given, (workflow) =>
        workflow.plan(file, { ...options, tally, compare: !isFirst }),
      );
      if (mermaid) process.stdout.write(`${found.mermaid}\n`);
      else
        print(json, { ...found, ...tally }, () =>
          planText(found, tally, { isFirst, words: importWords(file, options) }),
        );
      process.exitCode = found.rejected > 0 ? 1 : 0;
    });
}

/** A path may be longer than other cells in a table. */
const LONGEST_PATH = 200;

/** What `anamo plan --json` prints. */
export type PlanReport = StudyPlan & Tally;

function isTableNamed({ table }: TargetFlags): boolean {
  return (table ?? process.env.ANAMO_TABLE ?? process.env.PYANAMO_TABLE ?? "") !== "";
}

function planText(
  {
    sheet,
    sampleColumn,
    samples,
    rows,
    rejected,
    rejectedRows,
    steps,
    odd,
    notInSheet,
    outdated,
    inputsRemoved,
  }: StudyPlan,
  tally: Tally,
  { isFirst, words }: { isFirst: boolean; words: readonly string[] },
): string {
  const sum = (field: "items" | "added" | "changed" | "leftDifferent") => steps.reduce((n, one) => n + one[field], 0);
  const lines = [
    `${cell(shownInput(sheet), LONGEST_PATH)}: ${counted(samples, "sample")} in ${counted(rows, "row")} (column ${cell(sampleColumn)}), ${counted(sum("items"), "item")}`,
    "",
    textTable(
      ["step", "waits for", "one item for", "items", "tasks", "new", "changed", "left"],
      steps.map((one) => [
        cell(one.step),
        waitsText(one),
        one.by.length === 0 ? "all" : cell(one.by.join(", ")),
        one.items,
        one.tasks,
        one.added,
        one.changed,
        one.left,
      ]),
    ),
  ];
  const different = sum("leftDifferent");
  if (different > 0) {
    lines.push(
      "",
      `${counted(different, "item")} would be left as ${agreeing(different, "it is", "they are")}, although the workflow or the sheet now says something else:`,
      "  --on-changed retry  gives it to those that are not done, unless a worker has them,",
      "  --on-changed reset  also starts those over that are done.",
    );
  }
  const withoutItems = new Set(steps.filter(({ items }) => items === 0).map(({ step }) => step));
  for (const { step, after, afterAll } of steps) {
    const missing = afterAll.filter((before) => withoutItems.has(before));
    if (missing.length > 0 && !withoutItems.has(step)) {
      lines.push(
        "",
        `Step ${cell(step)} would wait for ${missing.map((name) => cell(name)).join(", ")}, which has no items in this sheet.`,
      );
    }
    if (withoutItems.has(step) && after.length > 0) lines.push("", `Step ${cell(step)} has no items in this sheet.`);
  }
  const old = [...outdatedText(outdated), ...inputsRemovedText(inputsRemoved), ...notInSheetText(notInSheet)];
  if (old.length > 0) lines.push("", ...old);
  const remarks = [...tallyRemarks(tally, SHEET_SENTENCES), ...oddText(odd)];
  if (remarks.length > 0) lines.push("", ...remarks);
  const wouldReject: WouldReject = { rejected: 0, rejectedRows: [] };
  for (const { line, messages } of rejectedRows) {
    addRejected(wouldReject, { line, problems: messages.map((message) => ({ message })) });
  }
  const elsewhere = rejected - rejectedRows.length;
  lines.push(
    ...rejectedText(wouldReject, [{ rows: elsewhere, why: "whose itemID is in another step" }]),
    "",
    isFirst ? "Nothing has run in this folder yet, and nothing was changed." : "Nothing was changed.",
    `To run it on this machine: ${ownLine(shellWords(["run", ...words]))}`,
  );
  return lines.join("\n");
}

function waitsText({ after, afterAll, allowFailed }: PlannedStudyStep): string {
  const all = afterAll.map((step) => `all of ${cell(step)}`);
  const parts = [...after.map((step) => cell(step)), ...all];
  const may = allowFailed === undefined ? "" : ` (${allowFailed} may fail)`;
  return parts.length === 0 ? "-" : `${parts.join(", ")}${may}`;
}
