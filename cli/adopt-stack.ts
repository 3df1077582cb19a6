import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lockHolder } from "../local/folder-lock.ts";
import { LOCAL_STACK, shellEnv, stackEnv } from "../local/stack-env.ts";
import { readStackFile, readStackNames, type StackInfo, type StackNames, usualResults } from "../local/stack-file.ts";
import { noteTarget } from "./flags/fresh-shell.ts";
import { noteNoStack } from "./no-stack.ts";
import { aboveText, noteOwnStack, noteUpStack, USUAL_FOLDER, usualFolder } from "./stack-folder.ts";
import { workerCommand } from "./worker-command.ts";

/** Commands that bring their own stack or need none. */
const WITHOUT = new Set(["run", "local", "env", "completion", "help", "version"]);
/** Commands that need a stack that stays up, or that may mean AWS even without a table. */
const NOT_ALONE = new Set(["work", "launch", "stop", "table"]);
/** Flags that only make sense on AWS. The value of a short one may follow without a space: `-reu-west-1`. */
const AWS_FLAGS = /^(-[rb]|--(region|bucket)(=|$))/;
/** Names an AWS account, even if `anamo local env` has named a stack on this machine. */
const PROFILE_FLAG = /^--profile(=|$)/;
/** Variables of a shell that is set up for AWS. */
const AWS_VARIABLES = ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_DEFAULT_REGION"] as const;
/** Keys in the shell that must not be sent to a local stack together with its own. */
const OTHER_KEYS = ["AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"] as const;
const LOOK_EVERY_MS = 50;
const PATIENT_MS = 2_000;

type MutableEnv = Record<string, string | undefined>;

/** The stack that a command works on. */
export interface Adopted {
  /** whether it is up only for this command */
  isOwn: boolean;
  close(): Promise<void>;
}

/** What the user typed. */
interface Called {
  command: string | undefined;
  args: readonly string[];
  /** throws if the arguments are wrong, so that nobody waits a second for a stack to learn that */
  check: () => Promise<void>;
}

const NONE: Adopted = { isOwn: false, close: async () => {} };

/**
 * Points a command that names no table to the stack of this folder: the one that is up, or one that is started just for
 * this command. `anamo local env` may have named another folder. Variables and flags for AWS mean another place; if the
 * shell has some of both, `say` gets a line about which is used.
 */
export async function adoptStack(
  { command, args, check }: Called,
  env: MutableEnv,
  say: (line: string) => void,
): Promise<Adopted> {
  noteNoStack({ why: "no folder" });
  noteTarget("elsewhere");
  noteUpStack(undefined);
  if (command === undefined || WITHOUT.has(command)) return NONE;
  if (args.includes("--help") || args.includes("-h")) return NONE;
  const namesTable = args.some((arg) => arg.startsWith("-t") || arg === "--table" || arg.startsWith("--table="));
  const named = env[LOCAL_STACK];
  if (args.some((arg) => PROFILE_FLAG.test(arg))) {
    if (named) leaveLocal(env);
    noteNoStack({ why: "on AWS" });
    return NONE;
  }
  const usual = usualFolder();
  if (!named) {
    if (namesTable || args.some((arg) => AWS_FLAGS.test(arg))) {
      noteNoStack({ why: "on AWS" });
      return NONE;
    }
    const endpoint = env.AWS_ENDPOINT_URL || env.AWS_ENDPOINT_URL_DYNAMODB;
    const table = env.ANAMO_TABLE || env.PYANAMO_TABLE;
    if (table && !endpoint && hasTable(usual))
      say(`anamo: table ${table} (ANAMO_TABLE) on AWS, not the one in ${usual}`);
    if (table || endpoint) return NONE;
  }
  const folder = named || usual;
  const dir = resolve(folder);
  const up = await stackUp(dir, say);
  if (!up && !hasTable(dir)) {
    if (named) noteNoStack({ why: "wrong folder", folder: named });
    return NONE;
  }
  if (!up && NOT_ALONE.has(command)) {
    noteNoStack({ why: "down", folder });
    return NONE;
  }
  if (!up) await check();
  if (!named && folder !== USUAL_FOLDER) say(`anamo: ${aboveText(folder)}`);
  const forAws = AWS_VARIABLES.find((name) => env[name]);
  if (!named && forAws)
    say(`anamo: the table in ${folder} (for one on AWS, which ${forAws} suggests: --table or ANAMO_TABLE)`);
  const own = up ? undefined : await startOwn(dir);
  if (own) noteOwnStack(dir);
  else noteUpStack(dir);
  noteTarget("this folder");
  pointTo((up ?? own)?.env ?? {}, env);
  usePlaceOf(tableIn(args), { dir, env });
  if (!own) return NONE;
  const close = () => {
    noteOwnStack(undefined);
    return own.close();
  };
  return { isOwn: true, close };
}

function hasTable(folder: string): boolean {
  return existsSync(join(folder, "dynamodb"));
}

/** A stack that a command can query. */
export interface AskableStack extends StackNames {
  env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * The stack of a folder: the one that is up, or a new one until it is closed; undefined if the folder has no stack yet.
 */
export async function openStack(dir: string, say: (line: string) => void): Promise<AskableStack | undefined> {
  const up = await stackUp(dir, say);
  if (up) return { ...up, close: async () => {} };
  return hasTable(dir) ? startOwn(dir) : undefined;
}

async function startOwn(dir: string): Promise<AskableStack> {
  const { startStack } = await import("../local/stack.ts");
  const names = await readStackNames(dir);
  const stack = await startStack({ dir, ...names, workerCommand: workerCommand(), use: "query" });
  const close = async () => {
    // an import that the command did not wait for
    await stack.functions.settled();
    await stack.close(0);
  };
  return { ...names, env: stack.env, close };
}

/** The stack that is up in a folder; waits for one that is starting or ending. */
async function stackUp(dir: string, say: (line: string) => void): Promise<StackInfo | undefined> {
  const startedAtMs = performance.now();
  for (let hasSaid = false; ; ) {
    const info = await readStackFile(dir);
    if (info) return info;
    const holder = await lockHolder(dir);
    if (holder?.use !== "run" && holder?.use !== "up") return undefined;
    if (!hasSaid && performance.now() - startedAtMs > PATIENT_MS) {
      say(`anamo: waiting for process ${holder.pid}, which starts or ends the stack in ${dir}`);
      hasSaid = true;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/**
 * Removes what `anamo local env` has set, because its table, bucket and addresses belong to this machine, not to an
 * account.
 */
function leaveLocal(env: MutableEnv): void {
  const names = { table: "", bucket: "", results: "", endpoints: { dynamodb: "", s3: "", batch: "" } };
  for (const name of Object.keys(shellEnv(stackEnv(names), ""))) delete env[name];
}

/** The table that the arguments name. */
function tableIn(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => /^(-t|--table(=|$))/.test(arg));
  const flag = args[at];
  if (flag === undefined) return undefined;
  return flag === "-t" || flag === "--table" ? args[at + 1] : flag.replace(/^(-t|--table=)/, "");
}

/** Each table of a folder has its own results folder, unless the user chose one for all of them. */
function usePlaceOf(table: string | undefined, { dir, env }: { dir: string; env: MutableEnv }): void {
  const { ANAMO_TABLE: current, ANAMO_RESULTS: results } = env;
  if (!table || !current || results !== usualResults(dir, current)) return;
  env.ANAMO_RESULTS = usualResults(dir, table);
}

/**
 * Sets the variables of a stack, except for those that `anamo local env` has set and the shell may have changed since.
 */
function pointTo(stackEnv: Readonly<Record<string, string>>, env: MutableEnv): void {
  for (const [name, value] of Object.entries(stackEnv)) {
    if (!env[LOCAL_STACK] || !name.startsWith("ANAMO_") || !env[name]) env[name] = value;
  }
  for (const name of OTHER_KEYS) delete env[name];
}
