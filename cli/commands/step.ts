import { Argument, Command } from "commander";
import { trimId } from "../../lib/ids.ts";
import type { StepState } from "../../lib/settings/pause-step.ts";
import { type GivenKeep, KEEPS } from "../../lib/store/settings.ts";
import { addPrintFlags, type PrintFlags } from "../flags/print-flags.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { print, printDone } from "../output/print.ts";
import { pausedAdvice } from "../output/step-advice.ts";
import { table as textTable } from "../output/table.ts";

interface StepFlags extends TargetFlags, PrintFlags {
  why?: string;
}

/** `anamo step`: pauses and resumes steps. */
export function stepCommand(): Command {
  return new Command("step")
    .summary("Lists, pauses and resumes steps.")
    .description(
      "Lists, pauses and resumes steps, and says how long their results stay. A step whose first items fail is paused automatically.",
    )
    .addCommand(listCommand())
    .addCommand(pauseCommand())
    .addCommand(resumeCommand())
    .addCommand(keepCommand())
    .addHelpText("after", "\nExamples:\n  anamo step list\n  anamo step pause call\n  anamo step resume call");
}

function listCommand(): Command {
  return addTargetFlags(new Command("list").description("Lists the steps of a table and which of them are paused."))
    .option("--json", "print one JSON array")
    .addHelpText(
      "after",
      "\nExamples:\n  anamo step list\n  anamo step list --json | jq -r '.[] | select(.paused).step'",
    )
    .action(async (flags: StepFlags) => {
      await withTable(flags, async (workflow, table) => {
        const steps = await workflow.steps();
        print(flags.json, steps, () => stepsText(table, steps));
      });
    });
}

function pauseCommand(): Command {
  const command = new Command("pause")
    .description("Makes workers and launches skip a step; running items continue.")
    .argument("<step>", "the step", (text: string) => trimId(text))
    .option("--why <text>", "the reason, for others to see");
  return addPrintFlags(addTargetFlags(command))
    .addHelpText(
      "after",
      `
Workers notice within 30 s. Those with nothing else to do end, unless told to wait.

Example:
  anamo step pause call --why 'wrong reference genome'`,
    )
    .action(async (step: string, flags: StepFlags) => {
      await withTable(flags, async (workflow) => {
        const result = await workflow.pauseStep(step, { why: flags.why });
        const { changed, paused, isNew } = result;
        const known = isNew ? (await workflow.steps()).map((one) => one.step).filter((name) => name !== step) : [];
        // a new step may be a typo, which -q should not hide
        printDone(
          flags,
          result,
          () =>
            changed || !paused
              ? `Step ${step} is paused.${isNew ? newText(known) : ""}`
              : `Already: ${pausedAdvice(step, paused)}.`,
          isNew ? 1 : 0,
        );
      });
    });
}

function resumeCommand(): Command {
  const command = new Command("resume")
    .summary("Lets workers take items of a step again.")
    .description("Lets workers claim items of a step again, and restarts the count of its first failures.")
    .argument("<step>", "the step", (text: string) => trimId(text));
  return addPrintFlags(addTargetFlags(command))
    .addHelpText(
      "after",
      `
Failed items stay failed: \`anamo reset --step STEP --state failed\` starts them over. \`anamo launch\`
starts workers in place of those that have ended.

Example:
  anamo step resume call && anamo launch`,
    )
    .action(async (step: string, flags: StepFlags) => {
      await withTable(flags, async (workflow) => {
        const result = await workflow.resumeStep(step);
        printDone(flags, result, () =>
          result.changed
            ? `Step ${step} is resumed.`
            : `Step ${step} was not paused; the count of its first failures starts again.`,
        );
      });
    });
}

function keepCommand(): Command {
  const command = new Command("keep")
    .summary("Says how long the results of a step stay.")
    .description("Says how long the results of a step stay, as keep: in a workflow file does.")
    .argument("<step>", "the step")
    .addArgument(new Argument("<how-long>", "forever, or until all that follows is done").choices(KEEPS));
  return addPrintFlags(addTargetFlags(command))
    .addHelpText(
      "after",
      `
The sweep removes the results of an item once everything that waited for it is done.
An item that nothing follows keeps them.
\`anamo reset ITEM --preceding\` makes removed results again for an item that needs them.

Examples:
  anamo step keep align until-followers-done
  anamo step keep align forever`,
    )
    .action(async (step: string, keep: GivenKeep, flags: StepFlags) => {
      await withTable(flags, async (workflow) => {
        const result = await workflow.keepStep(step, keep);
        const until = keep === "forever" ? keep : "until all that follows is done; then the sweep removes them";
        printDone(flags, result, () => `${result.changed ? "" : "Already: "}Results of step ${step} stay ${until}.`);
      });
    });
}

/** A name that no item has may be mistyped. */
function newText(known: readonly string[]): string {
  const others = known.length > 0 ? `; the steps are: ${known.slice(0, 10).join(", ")}` : "";
  return ` It has no items yet${others}.`;
}

function stepsText(table: string, steps: readonly StepState[]): string {
  if (steps.length === 0) return `Table ${table} has no steps yet.`;
  const rows = steps.map(({ step, paused, keep }) => [
    step,
    paused ? "paused" : "active",
    paused?.since ?? "",
    keep ?? "",
  ]);
  const advice = steps.flatMap(({ step, paused }) => (paused ? [pausedAdvice(step, paused)] : []));
  const hasKeep = steps.some(({ keep }) => keep);
  const [heads, shown] = hasKeep ? [["results"], rows] : [[], rows.map((row) => row.slice(0, 3))];
  return [textTable(["step", "state", "since", ...heads], shown), ...(advice.length > 0 ? ["", ...advice] : [])].join(
    "\n",
  );
}
