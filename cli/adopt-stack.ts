import { resolve } from "node:path";
import { readStackFile } from "../local/stack-file.ts";

/** Where `anamo run` and `anamo local up` keep their stack by default. */
const USUAL_FOLDER = ".anamo";
/** Commands that bring their own stack or need none. */
const WITHOUT = new Set(["run", "local", "env", "completion", "help"]);

/**
 * Points a command that names no table to the stack that is up in this folder, if there is one, so that nobody has to
 * set variables to watch an `anamo run`. Variables or `--table` point elsewhere.
 */
export async function adoptStack(
  args: readonly string[],
  env: Record<string, string | undefined>,
  folder = USUAL_FOLDER,
): Promise<void> {
  const [command = ""] = args;
  const namesTable = args.some((arg) => arg.startsWith("-t") || arg === "--table" || arg.startsWith("--table="));
  const hasTarget = Boolean(
    env.ANAMO_TABLE || env.PYANAMO_TABLE || env.AWS_ENDPOINT_URL || env.AWS_ENDPOINT_URL_DYNAMODB,
  );
  if (command === "" || command.startsWith("-") || WITHOUT.has(command) || namesTable || hasTarget) return;
  const info = await readStackFile(resolve(folder));
  if (info) Object.assign(env, info.env);
}
