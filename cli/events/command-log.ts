import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileProblem } from "../../lib/file-problem.ts";
import type { TellPerson } from "../../workflow/person-event.ts";

/** Names the file to which commands append what they change, or `-` for stderr. */
export const COMMANDS_LOG = "ANAMO_COMMANDS_LOG";

/** Writes what a command changes, as lines of JSON. */
export interface CommandLog {
  write: TellPerson;
  /** writes what still waits; call it when the command has made its changes */
  flush: () => void;
}

/**
 * The log of what commands change: the file that the variable names, or one in the folder of a stack on this machine;
 * undefined if there is neither. A file that cannot be written is reported once, and the command goes on: what it
 * changes has been asked for, and is in the table.
 */
export function commandLog(dir: string | undefined, env: NodeJS.ProcessEnv = process.env): CommandLog | undefined {
  const file = env[COMMANDS_LOG] || (dir === undefined ? undefined : join(dir, "logs", "commands.log"));
  if (file === undefined) return undefined;
  let waiting = "";
  let isBroken = false;
  const flush = () => {
    const lines = waiting;
    waiting = "";
    if (lines === "" || isBroken) return;
    if (file === "-") return void process.stderr.write(lines);
    try {
      // not `recursive`: that loops forever in places such as /proc
      if (!existsSync(dirname(file))) mkdirSync(dirname(file));
      appendFileSync(file, lines);
    } catch (error) {
      isBroken = true;
      process.stderr.write(
        `anamo: what this changes is not logged: ${file} cannot be written: ${fileProblem(error)}\n`,
      );
    }
  };
  const write: TellPerson = ({ kind, ...fields }) => {
    const timestamp = new Date().toISOString();
    // many changes made together are written together
    if (waiting === "") setImmediate(flush);
    waiting += `${JSON.stringify({ level: "INFO", message: kind, timestamp, service: "command", ...fields })}\n`;
  };
  return { write, flush };
}
