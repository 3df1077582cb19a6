import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { askByAwsCli } from "../../lib/doctor/ask.ts";
import { diagnose } from "../../lib/doctor/diagnose.ts";
import type { Finding } from "../../lib/doctor/finding.ts";
import { roundTrip } from "../../lib/doctor/round-trip.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { addStackFlags, type StackFlags, targetStack } from "../flags/stack-target.ts";
import { inColor } from "../output/color.ts";

interface DoctorFlags extends StackFlags {
  roundTrip?: boolean;
}

/** `anamo doctor`: what would make a deploy fail, or keep a deployed stack from working, and what to type to fix it. */
export function doctorCommand(): Command {
  const command = new Command("doctor")
    .summary("Checks an AWS account and a deployed stack.")
    .description("Checks, before a deploy, what would make it fail; afterwards, whether everything is in place.");
  return addStackFlags(command)
    .option("--round-trip", "also run one item of one second on a worker: takes minutes, and starts a worker")
    .addHelpText(
      "after",
      `
Asks AWS with the AWS CLI ("aws"), and changes nothing. Exit code 1 if there is a problem.

Examples:
  anamo doctor --stage lab
  anamo doctor --stage lab --round-trip`,
    )
    .action(async (flags: DoctorFlags) => {
      const { stack, region, close } = await targetStack(flags, process.env);
      close();
      const { stage, profile } = flags;
      const ask = askByAwsCli({ region, ...(profile && { profile }), env: process.env });
      const { findings, outputs } = await diagnose(ask, { stage, stack, region });
      for (const finding of findings) process.stdout.write(textOf(finding));
      const all = [...findings];
      if (flags.roundTrip && outputs) {
        process.stdout.write("a round trip: adding an item, starting a worker for it, and waiting up to 15 minutes\n");
        const last = await tryOne(outputs, { region, profile });
        process.stdout.write(textOf(last));
        all.push(last);
      }
      process.exitCode = all.some(({ state }) => state === "problem") ? 1 : 0;
    });
}

async function tryOne(
  outputs: ReadonlyMap<string, string>,
  { region, profile }: { region: string; profile: string | undefined },
): Promise<Finding> {
  const workflow = new Workflow({
    table: outputs.get("TableName"),
    bucket: outputs.get("BucketName"),
    region,
    profile,
  });
  const [jobQueue, jobDefinition] = [outputs.get("JobQueue"), outputs.get("JobDefinition")];
  try {
    return await roundTrip(
      {
        add: async (itemID) =>
          void (await workflow.add({ itemID, taskID: "doctor", step: "doctor", script: "sleep 1" })),
        launch: async () => (await workflow.launch({ jobQueue, jobDefinition })).why,
        stateOf: async (itemID) => (await workflow.show(itemID))?.state,
        remove: async (itemID) => void (await workflow.delete(itemID)),
        pause: (ms) => sleep(ms),
        now: () => performance.now(),
      },
      `doctor-${randomUUID()}`,
    );
  } finally {
    workflow.close();
  }
}

const MARKS = { ok: "ok", warning: "warning", problem: "PROBLEM" } as const;
const COLORS = { ok: "done", warning: "held", problem: "failed" } as const;

/** One line for the finding, and one for each thing to type. */
function textOf({ state, what, type = [] }: Finding): string {
  const mark = inColor(COLORS[state], MARKS[state].padEnd(8));
  return [`${mark} ${what}`, ...type.map((line) => `         ${line}`), ""].join("\n");
}
