import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Env } from "../../lib/aws-config.ts";
import { ConfigError, UsageError } from "../../lib/errors.ts";

/** A DynamoDB engine of the embedded stack: dynalite is a dependency; dynoxide is a program that the user installs. */
export type Engine = { name: "dynalite" } | { name: "dynoxide"; binary: string };

/** Environment variable that chooses the engine for new folders; dynalite by default. */
export const ENGINE_VARIABLE = "ANAMO_DYNAMODB";

/** dynoxide's database in the folder of its tables. */
export const DYNOXIDE_FILE = "dynoxide.db";
/** LevelDB's own file, which every dynalite folder has. */
const DYNALITE_FILE = "CURRENT";

/**
 * The engine for the tables in `dir`. A folder keeps the engine that created it, because neither can read the other's
 * files; {@link ENGINE_VARIABLE} chooses for a new folder. Throws a UsageError if dynoxide is needed and not on PATH.
 */
export async function chooseEngine(dir: string, env: Env): Promise<Engine> {
  const wanted = env[ENGINE_VARIABLE] || "dynalite";
  if (wanted !== "dynalite" && wanted !== "dynoxide") {
    throw new ConfigError(`${ENGINE_VARIABLE} must be dynalite or dynoxide, not ${wanted}`);
  }
  const isDynoxides = await exists(join(dir, DYNOXIDE_FILE));
  if (!isDynoxides && (wanted === "dynalite" || (await exists(join(dir, DYNALITE_FILE))))) return { name: "dynalite" };
  const binary = await findOnPath("dynoxide", env);
  if (binary) return { name: "dynoxide", binary };
  const why = isDynoxides ? `the tables in ${dir} were created with dynoxide` : `${ENGINE_VARIABLE} is dynoxide`;
  throw new UsageError(`${why}, but there is no program dynoxide on PATH; see docs/emulators.md`);
}

async function exists(path: string, mode = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

async function findOnPath(program: string, env: Env): Promise<string | undefined> {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    if (!folder) continue;
    const path = join(folder, program);
    if (await exists(path, constants.X_OK)) return path;
  }
  return undefined;
}
