import { type Command, Option } from "commander";
import { type ChangeFlags, changeCommand } from "../change/change-command.ts";
import { taskName } from "../change/task-names.ts";

interface ResetFlags extends ChangeFlags {
  task?: string[];
  allTasks?: boolean;
  to: "todo" | "held";
  following?: boolean;
  preceding?: boolean;
}

/** `anamo reset`: starts items over. */
export function resetCommand(): Command {
  return changeCommand<ResetFlags>({
    name: "reset",
    did: "reset",
    summary: "Starts items over.",
    description: "Starts items over: they wait again, without their failures, outcomes and logs.",
    force: "take locked items from their workers, which then stop",
    remarks: ["The tasks of a nested item that are done stay done, unless --task or --all-tasks resets them too."],
    examples: [
      "anamo reset Seq_7 Seq_9",
      "anamo reset --state failed --cause oom --step align",
      "anamo reset Seq_10 --task Task_0 Task_3",
      "anamo items --state failed --match 'S1*' --ids | anamo reset - --all-tasks --yes",
    ],
    addFlags: (command) =>
      command
        .addOption(new Option("--task <names...>", "these nested tasks too, with their logs").argParser(taskName))
        .addOption(new Option("--all-tasks", "all nested tasks too, with their logs").conflicts("task"))
        .addOption(new Option("--following", "also all that follow them; done ones wait again").conflicts("to"))
        .addOption(new Option("--preceding", "also predecessors whose results were removed (keep)").conflicts("to"))
        .addOption(new Option("--to <state>", "where the items go").choices(["todo", "held"]).default("todo")),
    areToRun: ({ to }) => to === "todo",
    change: (workflow, which, { task, allTasks, ...options }) => {
      const tasks = allTasks ? "all" : task;
      return tasks ? workflow.resetTasks(which, tasks, options) : workflow.reset(which, options);
    },
  });
}
