import type { Env } from "../../lib/aws-config.ts";
import { ConfigError } from "../../lib/errors.ts";
import { startDynamoDb } from "../../local/dynamodb.ts";
import type { LocalServer } from "../../local/loopback.ts";
import { startDynoxide } from "./emulators/dynoxide.ts";
import { startMiniStack } from "./emulators/ministack.ts";

/** Environment variable that selects the DynamoDB engine of the tests. */
export const ENGINE_VARIABLE = "ANAMO_TEST_DYNAMODB";

const ENGINES = {
  dynalite: () => startDynamoDb(),
  dynoxide: startDynoxide,
  ministack: (dir: string) => startMiniStack(dir),
} satisfies Record<string, (dir: string) => Promise<LocalServer>>;

/** A DynamoDB engine that tests can run on. */
export type Engine = keyof typeof ENGINES;

/** The engine that {@link ENGINE_VARIABLE} names; by default dynalite, which needs only Node.js. */
export function testEngine(env: Env = process.env): Engine {
  const named = env[ENGINE_VARIABLE] ?? "dynalite";
  const engine = Object.keys(ENGINES).find((name): name is Engine => name === named);
  if (engine === undefined) {
    throw new ConfigError(`${ENGINE_VARIABLE} must be one of ${Object.keys(ENGINES).join(", ")}, not ${named}`);
  }
  return engine;
}

/** Starts the engine of the tests with its data in `dir`; `env` is the environment that vitest sets for the tests. */
export function startTestDynamoDb(dir: string, env: Env): Promise<LocalServer> {
  return ENGINES[testEngine({ ...process.env, ...env })](dir);
}
