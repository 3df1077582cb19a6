import { Command } from "commander";
import { batchClient } from "../../lib/clients.ts";
import { describeJobsWith } from "../../lib/jobs/describe-jobs.ts";
import { type JobStates, jobStates } from "../../lib/jobs/job-states.ts";
import { addTargetFlags, type TargetFlags, targetTable } from "../flags/target.ts";
import { counted } from "../output/counted.ts";
import { table } from "../output/table.ts";

/** `anamo jobs`: who has the locked items, and what Batch says of them. */
export function jobsCommand(): Command {
  return addTargetFlags(
    new Command("jobs")
      .summary("Sorts locked items by the state of their Batch jobs.")
      .description("Sorts the locked items by the state of the Batch job that has them."),
  )
    .option("--items", "name the items too")
    .option("--json", "print one JSON document: the items by state")
    .addHelpText(
      "after",
      `
Beside Batch's own states: "unknown" are jobs that Batch has forgotten, "not a Batch job" are
workers elsewhere.
"over" are items whose attempt of the job has ended: the next sweep gives them back.

Examples:
  anamo jobs
  anamo jobs --items
  anamo jobs --json | jq -r '.states.unknown[]?.itemID' | anamo release - --force --yes`,
    )
    .action(async (flags: TargetFlags & { items?: boolean; json?: boolean }) => {
      const env = flags.region ? { ...process.env, AWS_REGION: flags.region } : process.env;
      const target = targetTable(flags, env);
      const batch = batchClient(env);
      try {
        const found = await jobStates(target.table, describeJobsWith(batch));
        process.stdout.write(`${flags.json ? JSON.stringify(found) : jobsText(found, flags.items === true)}\n`);
        if (found.problem !== undefined) {
          process.stderr.write(`anamo: Batch could not be asked: ${found.problem}\n`);
          process.exitCode = 1;
        }
      } finally {
        batch.destroy();
        target.close();
      }
    });
}

function jobsText({ table: name, locked, jobs, states }: JobStates, withItems: boolean): string {
  if (locked === 0) return `No item of ${name} is locked.`;
  const entries = Object.entries(states);
  const rows = entries.map(([state, items]) => [
    ...[state, items.length, new Set(items.map(({ instance }) => instance)).size],
    items.filter(({ over }) => over).length,
  ]);
  const lines = [table(["job state", "items", "workers", "over"], rows), ""];
  if (withItems) {
    const each = entries.flatMap(([state, items]) =>
      items.map(({ itemID, taskID, step, instance, jobAttempt }) => [
        ...[state, itemID, taskID, step, instance],
        jobAttempt ?? "",
      ]),
    );
    lines.push(table(["job state", "item", "sample", "step", "locked by", "attempt"], each), "");
  }
  lines.push(`${counted(locked, "locked item")}, ${counted(jobs, "Batch job")}`);
  return lines.join("\n");
}
