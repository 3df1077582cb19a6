import { type Command, Option } from "commander";
import { type ChangeFlags, changeCommand } from "../change/change-command.ts";
import { taskName } from "../change/task-names.ts";

interface DeleteFlags extends ChangeFlags {
  task?: string[];
}

/** `anamo delete`: deletes items, or single tasks of them. */
export function deleteCommand(): Command {
  return changeCommand<DeleteFlags>({
    name: "delete",
    did: "deleted",
    summary: "Deletes items, or tasks of them.",
    description: "Deletes items with their tasks and the logs on their rows; logs in the bucket stay.",
    force: "locked items too: their workers stop and write nothing",
    remarks: ["With --task the items stay in their state, without those tasks."],
    examples: [
      "anamo delete Seq_7",
      "anamo delete Seq_10 --task Task_1 Task_2",
      "anamo delete --state done --older-than 30d --yes",
      "anamo delete --from ids.txt --dry-run",
    ],
    addFlags: (command) =>
      command.addOption(new Option("--task <names...>", "only these nested tasks").argParser(taskName)),
    change: (workflow, which, { task, force, dryRun, signal, onItem }) => {
      const options = { force, dryRun, signal, onItem };
      return task ? workflow.deleteTasks(which, task, options) : workflow.delete(which, options);
    },
  });
}
