import type { Env } from "../lib/aws-config.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import type { RetryPolicy } from "../lib/items/next-state.ts";
import type { PatientRetries } from "../lib/retries.ts";
import { openTable, type Table } from "../lib/table.ts";
import { knownPlace } from "../lib/wire/known-place.ts";
import { takeShortCut } from "../lib/wire/short-cut.ts";
import { readPolicy, readVariable } from "./config.ts";
import type { Invocation } from "./telemetry.ts";

/** The table of a function and everything it needs with it. */
export interface OpenTable {
  table: Table;
  policy: RetryPolicy;
}

/** Opens the table that the environment names. It stays open for all invocations, to reuse connections. */
export function openTableOf(env: Env, retries: PatientRetries): OpenTable {
  const name = readVariable(env, "ANAMO_TABLE");
  const policy = readPolicy(env);
  return { table: openShort(name, env, retries), policy };
}

/** A table that logs what happens to its items, for one invocation. */
export function withEventLog(table: Table, log: Pick<Invocation["log"], "info">): Table {
  return { ...table, tell: ({ kind, ...fields }) => log.info(kind, fields) };
}

/** Opens a table whose requests bypass the SDK on the first try, which halves the CPU for a row of an import. */
export function openShort(name: string, env: Env, retries: PatientRetries): Table {
  const client = dynamoClient(env, { retries });
  const table = openTable(name, client);
  const onThrottled = () => retries.countThrottled();
  takeShortCut(table.db, client, { place: knownPlace(env), onThrottled, mayTryAgain: () => retries.isInTime });
  return table;
}
