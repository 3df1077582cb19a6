import type { Env } from "../../lib/clients.ts";
import { ConfigError } from "../../lib/errors.ts";
import { startDynamoDb } from "../../local/dynamodb.ts";
import type { LocalServer } from "../../local/loopback.ts";
import { startDynamoDbLocal } from "./emulators/dynamodb-local.ts";
import { startMiniStack } from "./emulators/ministack.ts";

/** Variable that says which DynamoDB the tests run on. */
export const ENGINE_VARIABLE = "ANAMO_TEST_DYNAMODB";

const ENGINES = {
  dynalite: () => startDynamoDb(),
  "dynamodb-local": startDynamoDbLocal,
  ministack: (dir: string) => startMiniStack(dir),
} satisfies Record<string, (dir: string) => Promise<LocalServer>>;

/** Which DynamoDB the tests run on. */
export type Engine = keyof typeof ENGINES;

/** The engine that {@link ENGINE_VARIABLE} names; dynalite, which needs nothing but Node.js, if it names none. */
export function testEngine(env: Env = process.env): Engine {
  const named = env[ENGINE_VARIABLE] ?? "dynalite";
  const engine = Object.keys(ENGINES).find((name): name is Engine => name === named);
  if (engine === undefined) {
    throw new ConfigError(`${ENGINE_VARIABLE} must be one of ${Object.keys(ENGINES).join(", ")}, not ${named}`);
  }
  return engine;
}

/** Starts the DynamoDB that the tests run on, with what it keeps in `dir`; `env` is what the tests get set. */
export function startTestDynamoDb(dir: string, env: Env): Promise<LocalServer> {
  return ENGINES[testEngine({ ...process.env, ...env })](dir);
}
