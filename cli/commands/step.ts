import { Command } from "commander";
import { listSteps, pauseStep, resumeStep, type StepState } from "../../lib/settings/pause-step.ts";
import { currentUser } from "../../lib/who.ts";
import { addTargetFlags, type TargetFlags, targetTable } from "../flags/target.ts";
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
      const { table, close } = targetTable(flags, process.env);
      try {
        const steps = await listSteps(table);
        process.stdout.write(`${flags.json ? JSON.stringify(steps) : stepsText(table.name, steps)}\n`);
      } finally {
        close();
      }
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
      const { table, close } = targetTable(flags, process.env);
      try {
        const why = flags.why === undefined ? {} : { why: flags.why };
        const result = await pauseStep(table, step, { by: currentUser(), ...why });
        const { changed, paused } = result;
        const said = changed || !paused ? `Step ${step} is paused.` : `Already: ${pausedAdvice(step, paused)}.`;
        process.stdout.write(`${flags.json ? JSON.stringify(result) : said}\n`);
      } finally {
        close();
      }
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
      const { table, close } = targetTable(flags, process.env);
      try {
        const result = await resumeStep(table, step);
        const said = result.changed
          ? `Step ${step} goes on.`
          : `Step ${step} was not paused; its first failures are counted anew.`;
        process.stdout.write(`${flags.json ? JSON.stringify(result) : said}\n`);
      } finally {
        close();
      }
    });
}

function stepsText(table: string, steps: readonly StepState[]): string {
  if (steps.length === 0) return `Table ${table} has no steps yet.`;
  const rows = steps.map(({ step, paused }) => [step, paused ? "paused" : "goes on", paused?.since ?? ""]);
  const advice = steps.flatMap(({ step, paused }) => (paused ? [pausedAdvice(step, paused)] : []));
  return [textTable(["step", "state", "since"], rows), ...(advice.length > 0 ? ["", ...advice] : [])].join("\n");
}
