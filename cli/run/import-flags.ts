import { type Command, Option } from "commander";

/** Adds the options that say how a task file is to be read. */
export function addImportFlags(command: Command): Command {
  return command
    .option("-s, --step <step>", 'the step of the items that name none (default: "default")')
    .addOption(
      new Option("--on-duplicate <what>", "what to do with items that are there already").choices([
        "skip",
        "reset",
        "fail",
      ]),
    )
    .option("--delimiter <character>", "what parts the columns (default: read off the header)")
    .option("--nested-delimiter <character>", "what parts the TaskArgs");
}
