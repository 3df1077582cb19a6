import type { Command } from "commander";

/**
 * A command of the program: what `anamo --help` says about it, and its module, which is loaded when the command is
 * called.
 */
export interface CommandEntry {
  name: string;
  /** other names of it */
  aliases?: readonly string[];
  summary: string;
  load(): Promise<Command>;
}

/** All commands, in the order of the help. Loading them all takes 0.4 s of CPU, so each loads only its own modules. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "run",
    summary: "Runs a task file to its end on this machine.",
    load: async () => (await import("./commands/run.ts")).runCommand(),
  },
  {
    name: "import",
    summary: "Imports a task file: drops it into the bucket and waits.",
    load: async () => (await import("./commands/import.ts")).importCommand(),
  },
  {
    name: "plan",
    summary: "Shows what a workflow file and a sample sheet would add.",
    load: async () => (await import("./commands/plan.ts")).planCommand(),
  },
  {
    name: "workflow",
    summary: "Stores workflow files, to which sample sheets belong.",
    load: async () => (await import("./commands/workflow.ts")).workflowCommand(),
  },
  {
    name: "add",
    summary: "Adds one item, checked like a row of a task file.",
    load: async () => (await import("./commands/add.ts")).addCommand(),
  },
  {
    name: "work",
    summary: "Claims items and runs them on this machine.",
    load: async () => (await import("./commands/work.ts")).workCommand(),
  },
  {
    name: "summary",
    aliases: ["status"],
    summary: "Shows the progress of a table, by step and state.",
    load: async () => (await import("./commands/summary.ts")).summaryCommand(),
  },
  {
    name: "watch",
    summary: "Shows the summary repeatedly until Ctrl-C.",
    load: async () => (await import("./commands/watch.ts")).watchCommand(),
  },
  {
    name: "report",
    summary: "Makes a web page of the progress.",
    load: async () => (await import("./commands/report.ts")).reportCommand(),
  },
  {
    name: "items",
    aliases: ["ls"],
    summary: "Lists items: all, or a selection.",
    load: async () => (await import("./commands/items.ts")).itemsCommand(),
  },
  {
    name: "export",
    summary: "Writes items and tasks to a file: CSV, SQLite …",
    load: async () => (await import("./commands/export.ts")).exportCommand(),
  },
  {
    name: "show",
    summary: "Shows everything about one item, or one sample.",
    load: async () => (await import("./commands/show.ts")).showCommand(),
  },
  {
    name: "explain",
    summary: "Says why items are not running, and what helps.",
    load: async () => (await import("./commands/explain.ts")).explainCommand(),
  },
  {
    name: "logs",
    summary: "Prints the output of tasks.",
    load: async () => (await import("./commands/logs.ts")).logsCommand(),
  },
  {
    name: "results",
    summary: "Lists, fetches and checks what scripts left in $OUT.",
    load: async () => (await import("./commands/results.ts")).resultsCommand(),
  },
  {
    name: "jobs",
    summary: "Sorts locked items by the state of their Batch jobs.",
    load: async () => (await import("./commands/jobs.ts")).jobsCommand(),
  },
  {
    name: "launch",
    summary: "Starts workers on AWS Batch for the waiting items.",
    load: async () => (await import("./commands/launch.ts")).launchCommand(),
  },
  {
    name: "stop",
    summary: "Stops workers from claiming items, then ends their jobs.",
    load: async () => (await import("./commands/stop.ts")).stopCommand(),
  },
  {
    name: "step",
    summary: "Lists, pauses and resumes steps.",
    load: async () => (await import("./commands/step.ts")).stepCommand(),
  },
  {
    name: "reset",
    summary: "Starts items over.",
    load: async () => (await import("./commands/reset.ts")).resetCommand(),
  },
  {
    name: "hold",
    summary: "Holds waiting items.",
    load: async () => (await import("./commands/hold.ts")).holdCommand(),
  },
  {
    name: "release",
    summary: "Lets held items be claimed again.",
    load: async () => (await import("./commands/release.ts")).releaseCommand(),
  },
  {
    name: "delete",
    summary: "Deletes items, or tasks of them.",
    load: async () => (await import("./commands/delete.ts")).deleteCommand(),
  },
  {
    name: "table",
    summary: "Makes, checks, scales, lists and deletes tables.",
    load: async () => (await import("./commands/table.ts")).tableCommand(),
  },
  {
    name: "local",
    summary: "The embedded stack on this machine.",
    load: async () => (await import("./commands/local.ts")).localCommand(),
  },
  {
    name: "env",
    summary: "Prints the variables of a deployed stack, for a shell.",
    load: async () => (await import("./commands/env.ts")).envCommand(),
  },
  {
    name: "doctor",
    summary: "Checks an AWS account and a deployed stack.",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand(),
  },
  {
    name: "completion",
    summary: "Prints a script for tab completion.",
    load: async () => (await import("./commands/completion.ts")).completionCommand(),
  },
  {
    name: "help",
    summary: "Shows what a command does, its options and examples.",
    load: async () => (await import("./commands/help.ts")).helpCommand(),
  },
  {
    name: "version",
    summary: "Prints the version.",
    load: async () => (await import("./commands/version.ts")).versionCommand(),
  },
];
