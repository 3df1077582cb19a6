import { dirname, resolve } from "node:path";
import type { Help } from "../../lib/explain/explanation.ts";
import { shellWords } from "../output/shell-words.ts";
import { ownCommand } from "../own-command.ts";
import { lastRun } from "../report/last-run.ts";
import { ownStackFolder } from "../stack-folder.ts";
import type { BucketFlags, TargetFlags } from "./target.ts";

/* Command lines to copy into another shell in this folder, which need not have the variables of this one. */

let isOfFolder = false;

/** Records whether the command uses the stack of this folder, which another shell also finds. */
export function noteTarget(of: "this folder" | "elsewhere"): void {
  isOfFolder = of === "this folder";
}

type Flags = TargetFlags & BucketFlags;

/** The options that another command needs to find what this one works on, according to the options that it has. */
function targetWords(command: string, { table, region, profile }: Flags): string[] {
  if (isOfFolder) return [];
  const { AWS_PROFILE, ANAMO_BUCKET, ANAMO_JOB_QUEUE, ANAMO_JOB_DEFINITION } = process.env;
  const isOf = (...commands: string[]) => commands.includes(command);
  const option = (name: string, value: string | undefined) => (value ? [name, value] : []);
  return [
    ...option("--table", table),
    ...option("--region", region),
    ...(isOf("work") ? [] : option("--profile", profile ?? AWS_PROFILE)),
    ...(isOf("work", "logs") ? option("--bucket", ANAMO_BUCKET) : []),
    ...(isOf("launch", "stop") ? option("--queue", ANAMO_JOB_QUEUE) : []),
    ...(isOf("launch") ? option("--definition", ANAMO_JOB_DEFINITION) : []),
  ];
}

/** Commands that start workers, which a stack on this machine lacks once its command has ended. */
const STARTS_WORKERS: readonly (string | undefined)[] = ["work", "launch"];

/** What runs the items of this folder: the same run again, if its words are known. Undefined while its stack is up. */
export function runAgainLines(): string[] | undefined {
  const dir = ownStackFolder();
  if (dir === undefined) return undefined;
  const run = lastRun(dir);
  if (run.length === 0) {
    const line = (...words: string[]) => shellWords([...ownCommand(), ...words]);
    // typed at once, `work` would look for the stack before it starts
    return [`${line("local", "up")} &`, `${line("local", "env", "--wait")} > /dev/null && ${line("work")}`];
  }
  return [
    ...(isFolderOf(dir) ? [] : [shellWords(["cd", dirname(resolve(dir))])]),
    shellWords([...ownCommand(), ...run]),
  ];
}

/** Says how to run items, which nobody does on a machine whose stack is up only for this command. */
export function printRunAgain(): void {
  const lines = runAgainLines();
  if (lines) process.stderr.write(`then: ${lines.join("\n      ")}\n`);
}

/** Whether the stack's folder is inside the current one, where its run was typed. */
function isFolderOf(dir: string): boolean {
  return dirname(resolve(dir)) === process.cwd();
}

/** A command that helps, as lines for a fresh shell; the last one says what it does. */
export function helpShellLines({ words, does }: Help, flags: Flags): { line: string; does: string }[] {
  const again = STARTS_WORKERS.includes(words[1]) ? runAgainLines() : undefined;
  const lines = again ?? freshShellLines(words, flags);
  return lines.map((line, at) => ({ line, does: at < lines.length - 1 ? "" : again ? "run what is left" : does }));
}

/** Command lines for a fresh shell. */
export function freshShellLines([program = "", ...words]: readonly string[], flags: Flags): string[] {
  if (program === "aws") {
    const { region, profile } = flags;
    return [
      shellWords([
        program,
        ...words,
        ...(region ? ["--region", region] : []),
        ...(profile ? ["--profile", profile] : []),
      ]),
    ];
  }
  const dashes = words.indexOf("--");
  const end = dashes < 0 ? words.length : dashes;
  const target = targetWords(words[0] ?? "", flags);
  return [shellWords([...ownCommand(), ...words.slice(0, end), ...target, ...words.slice(end)])];
}
