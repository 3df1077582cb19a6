import { Command } from "commander";
import { NotFoundError } from "../../lib/errors.ts";
import { addPrintFlags, type PrintFlags } from "../flags/print-flags.ts";
import { addBucketFlag, addRegionFlag, type BucketFlags, withWorkflow } from "../flags/target.ts";
import { cell } from "../output/cell.ts";
import { printDone } from "../output/print.ts";

/** `anamo workflow`: workflow files in the bucket. */
export function workflowCommand(): Command {
  return new Command("workflow")
    .summary("Stores workflow files, to which sample sheets belong.")
    .description("Stores a workflow file in the bucket, so that sample sheets can be dropped there without it.")
    .addCommand(putCommand())
    .addCommand(showCommand())
    .addHelpText(
      "after",
      "\nExamples:\n  anamo workflow put study workflow.yml\n  anamo import samples.csv --step study\n  anamo workflow show study",
    );
}

function putCommand(): Command {
  const command = new Command("put")
    .summary("Stores a workflow file.")
    .description("Stores a workflow file: sample sheets dropped under imports/WORKFLOW/ become its items.")
    .argument("<workflow>", "its name, and that of the folder for its sheets")
    .argument("<file>", "the workflow file; the files that it names are read now");
  return addPrintFlags(addRegionFlag(addBucketFlag(command)))
    .addHelpText(
      "after",
      `
Imports in progress continue with the earlier workflow. Put it again after a change.

Example:
  anamo workflow put study workflow.yml`,
    )
    .action(async (name: string, file: string, flags: BucketFlags & PrintFlags) => {
      const stored = await withWorkflow(flags, (workflow) => workflow.putWorkflow(name, file));
      const { bucket, key, imports, steps, replaced } = stored;
      printDone(flags, stored, () =>
        [
          `${cell(file)} is stored as ${cell(name)}${replaced ? ", in place of the one that was there" : ""}: ${steps.map((step) => cell(step)).join(", ")}`,
          `sample sheets go to s3://${bucket}/${imports}`,
          `workflow: s3://${bucket}/${key}`,
        ].join("\n"),
      );
    });
}

function showCommand(): Command {
  const command = new Command("show")
    .description("Prints a stored workflow file.")
    .argument("<workflow>", "the name under which it is stored");
  return addRegionFlag(addBucketFlag(command))
    .addHelpText("after", "\nExample:\n  anamo workflow show study > workflow.yml")
    .action(async (name: string, flags: BucketFlags) => {
      const text = await withWorkflow(flags, (workflow) => workflow.workflowText(name));
      if (text === undefined) throw new NotFoundError(`no workflow is stored as ${name}`);
      process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    });
}
