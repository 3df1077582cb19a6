import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type Command, CommanderError } from "commander";
import { makeProgram } from "../../cli/program.ts";
import { testFolder } from "./worker.ts";

/** A registered command, and the words that call it. */
export interface Registered {
  /** `["table", "create"]`; empty for `anamo` itself */
  path: string[];
  command: Command;
}

/** Every command of the program, `anamo` itself first. */
export async function allRegistered(): Promise<Registered[]> {
  return registeredIn(await makeProgram());
}

function registeredIn(command: Command, path: string[] = []): Registered[] {
  const below = command.commands.flatMap((child) => registeredIn(child, [...path, child.name()]));
  return [{ path, command }, ...below];
}

/** The result of parsing arguments without running the command. */
export interface Parsed {
  /** commander's: 0, or 1 for wrong usage */
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Parses arguments as `anamo` does, but does not run the command, except `help`. */
export async function parseOnly(args: readonly string[], columns = 80): Promise<Parsed> {
  const parsed: Parsed = { exitCode: 0, stdout: "", stderr: "" };
  const program = await makeProgram();
  for (const { path, command } of registeredIn(program)) {
    command.configureOutput({
      writeOut: (piece) => (parsed.stdout += piece),
      writeErr: (piece) => (parsed.stderr += piece),
      getOutHelpWidth: () => columns,
    });
    if (command.commands.length === 0 && path[0] !== "help") command.action(() => {});
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    parsed.exitCode = error.exitCode;
  }
  return parsed;
}

/**
 * Every command succeeds, except that `grep` finds nothing; otherwise a loop "while something is left" would not end.
 */
const ANY_OTHER = 'command_not_found_handle() { [ "$1" != grep ]; }';

/** The variables of a stack, which scripts may use. */
const STACK = { ANAMO_TABLE: "table", ANAMO_BUCKET: "bucket" };

/** Separators between the words of a call, and at the end of a call. */
const [WORD_END, CALL_END] = ["\x1f", "\x1e"];

/** A redirection that writes: the operator with an opening quote, then the literal path. */
const REDIRECTION = /(>[>|]?[ \t]*["']?)([\w~./-]+)/g;

/** A here-document, from the end of its first line to the line that ends it. */
const HERE_DOCUMENT = /(<<-?[ \t]*(['"]?)(\w+)\2[^\n]*\n)(?:[^\n]*\n)*?[ \t]*\3[ \t]*$/gm;

/**
 * A quoted text or a comment, in which a `>` is not a redirection; or a redirection to a file that a variable names.
 */
const VARIABLE_TARGET = /(>[>|]?[ \t]*["']?[$`])|'[^']*'|"(?:\\.|[^"\\])*"|(?:^|(?<=\s))#.*$/gm;

/**
 * The script, changed to write its files into `folder`, where their subfolders are created. Commands are stubs, but
 * bash itself opens the targets of redirections. Throws if only bash knows such a target. `noclobber` protects existing
 * files where a path ends in a variable.
 */
async function sandboxed(script: string, folder: string): Promise<string> {
  for (const [text, redirection] of script.replace(HERE_DOCUMENT, "$1").matchAll(VARIABLE_TARGET)) {
    if (redirection) throw new Error(`the script writes to a file that a variable names: ${text}\n${script}`);
  }
  const parents = new Set<string>();
  const moved = script.replace(REDIRECTION, (whole, operator: string, path: string) => {
    if (path.startsWith("/dev/")) return whole;
    // normalized from the root, so that no .. leads out of the folder
    const target = join(folder, join("/", path.replace(/^~/, "home")));
    parents.add(dirname(target));
    return `${operator}${target}`;
  });
  for (const parent of parents) await mkdir(parent, { recursive: true });
  return moved;
}

/**
 * How bash interprets a script: the arguments of each call of `anamo` or `./anamo` in it. No command takes effect:
 * `anamo` is recorded, `others` are stubs, and any other command is an error. Files are written only to a folder of the
 * test.
 */
export async function anamoCalls(script: string, others: readonly string[] | "any" = []): Promise<string[][]> {
  const folder = await testFolder();
  const stub = `PATH=/nowhere
set -o noclobber
anamo() { local IFS=$'${WORD_END}'; printf '%s${CALL_END}' "$*" >&3; }
npx() { :; }
${others === "any" ? ANY_OTHER : others.map((name) => `${name}() { :; }`).join("\n")}
${(await sandboxed(script, folder)).replaceAll("./anamo ", "anamo ")}
wait`;
  const child = spawn("/bin/bash", ["--norc", "-c", stub], {
    cwd: folder,
    env: { ...STACK, HOME: folder },
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const [stderr, calls] = await Promise.all([text(child.stderr as Readable), text(child.stdio[3] as Readable), ended]);
  if (stderr !== "") throw new Error(`bash rejects the script: ${stderr}\n${script}`);
  return calls
    .split(CALL_END)
    .slice(0, -1)
    .map((call) => (call === "" ? [] : call.split(WORD_END)));
}
