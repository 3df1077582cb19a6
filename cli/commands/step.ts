import { Command } from "commander";
import type { StepState } from "../../lib/settings/pause-step.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { print } from "../output/print.ts";
import { pausedAdvice } from "../output/step-advice.ts";
import { table as textTable } from "../output/table.ts";

interface StepFlags extends TargetFlags {
  why?: string;
  json?: boolean;
}

/** `anamo step`: steps that workers leave alone. */
export function stepCommand(): Command {
  return new Command("step")
    .summary("Steps that workers leave alone: list, pause, resume.")
    .description("Steps that workers leave alone: paused by a person, or because their first items failed.")
    .addCommand(listCommand())
    .addCommand(pauseCommand())
    .addCommand(resumeCommand())
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
    .description("Has workers, and launches, leave a step alone; what runs goes on.")
    .argument("<step>", "the step")
    .option("--why <text>", "what others are to find as the reason");
  return addTargetFlags(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Workers know within 30 s. Those that find nothing else to do end, unless told to wait.

Example:
  anamo step pause call --why 'the reference is the wrong one'`,
    )
    .action(async (step: string, flags: StepFlags) => {
      await withTable(flags, async (workflow) => {
        const result = await workflow.pauseStep(step, { why: flags.why });
        const { changed, paused } = result;
        print(flags.json, result, () =>
          changed || !paused ? `Step ${step} is paused.` : `Already: ${pausedAdvice(step, paused)}.`,
        );
      });
    });
}

function resumeCommand(): Command {
  const command = new Command("resume")
    .summary("Lets workers take items of a step again.")
    .description("Lets workers take items of a step again, and counts its first failures anew.")
    .argument("<step>", "the step");
  return addTargetFlags(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Items that have failed stay so: \`anamo reset --step STEP --state failed\` starts them over. Workers
that have ended are started by \`anamo launch\`.

Example:
  anamo step resume call && anamo launch`,
    )
    .action(async (step: string, flags: StepFlags) => {
      await withTable(flags, async (workflow) => {
        const result = await workflow.resumeStep(step);
        print(flags.json, result, () =>
          result.changed
            ? `Step ${step} goes on.`
            : `Step ${step} was not paused; its first failures are counted anew.`,
        );
      });
    });
}

function stepsText(table: string, steps: readonly StepState[]): string {
  if (steps.length === 0) return `Table ${table} has no steps yet.`;
  const rows = steps.map(({ step, paused }) => [step, paused ? "paused" : "goes on", paused?.since ?? ""]);
  const advice = steps.flatMap(({ step, paused }) => (paused ? [pausedAdvice(step, paused)] : []));
  return [textTable(["step", "state", "since"], rows), ...(advice.length > 0 ? ["", ...advice] : [])].join("\n");
}
