import { shellWords } from "../output/shell-words.ts";
import { ownCommand } from "../own-command.ts";
import { ownStackFolder } from "../stack-folder.ts";
import type { BucketFlags, TargetFlags } from "./target.ts";

/*
 * Command lines to copy into another shell in this folder: that shell need not have the variables of this one.
 */

let isOfFolder = false;

/** Notes whether the command uses the stack of this folder, which it finds in another shell as well. */
export function noteTarget(of: "this folder" | "elsewhere"): void {
  isOfFolder = of === "this folder";
}

type Flags = TargetFlags & BucketFlags;

/** What a command needs to find what this one works on; by the options that it has. */
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

/** Command lines for a fresh shell. Where workers need a stack that stays up, the first starts it. */
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
  if (ownStackFolder() !== undefined && (words[0] === "work" || words[0] === "launch")) {
    return [`${shellWords([...ownCommand(), "local", "up"])} &`, shellWords([...ownCommand(), "work"])];
  }
  const dashes = words.indexOf("--");
  const end = dashes < 0 ? words.length : dashes;
  const target = targetWords(words[0] ?? "", flags);
  return [shellWords([...ownCommand(), ...words.slice(0, end), ...target, ...words.slice(end)])];
}
