import { Command } from "commander";
import type { JobStates } from "../../lib/jobs/job-states.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { counted } from "../output/counted.ts";
import { print } from "../output/print.ts";
import { table } from "../output/table.ts";

/** `anamo jobs`: who has the locked items, and what Batch says about them. */
export function jobsCommand(): Command {
  return addTargetFlags(
    new Command("jobs")
      .summary("Sorts locked items by the state of their Batch jobs.")
      .description("Sorts the locked items by the state of the Batch job that has them."),
  )
    .option("--items", "list the items too")
    .option("--json", "print one JSON document: the items by state")
    .addHelpText(
      "after",
      `
Besides Batch's own states: "unknown" is a job that Batch has forgotten, "not a Batch job" a
worker elsewhere.
"over" counts items whose job attempt has ended: the next sweep returns them to the list.

Examples:
  anamo jobs
  anamo jobs --items
  anamo jobs --json | jq -r '.states.unknown[]?.itemID' | anamo release - --force --yes`,
    )
    .action(async (flags: TargetFlags & { items?: boolean; json?: boolean }) => {
      const found = await withTable(flags, (workflow) => workflow.jobs());
      print(flags.json, found, () => jobsText(found, flags));
      if (found.problem === undefined) return;
      process.stderr.write(`anamo: Batch could not be asked: ${found.problem}\n`);
      process.exitCode = 1;
    });
}

function jobsText({ table: name, locked, jobs, states }: JobStates, flags: { items?: boolean }): string {
  if (locked === 0) return `No items in ${name} are locked.`;
  const entries = Object.entries(states);
  const rows = entries.map(([state, items]) => [
    state,
    items.length,
    new Set(items.map(({ instance }) => instance)).size,
    items.filter(({ over }) => over).length,
  ]);
  const lines = [table(["job state", "items", "workers", "over"], rows), ""];
  if (flags.items) {
    const each = entries.flatMap(([state, items]) =>
      items.map(({ itemID, taskID, step, instance, jobAttempt }) => [
        state,
        itemID,
        taskID,
        step,
        instance,
        jobAttempt ?? "",
      ]),
    );
    lines.push(table(["job state", "item", "sample", "step", "locked by", "attempt"], each), "");
  }
  lines.push(`${counted(locked, "locked item")}, ${counted(jobs, "Batch job")}`);
  return lines.join("\n");
}
