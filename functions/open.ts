import type { Env } from "../lib/aws-config.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import type { RetryPolicy } from "../lib/items/next-state.ts";
import type { PatientRetries } from "../lib/retries.ts";
import { openTable, type Table } from "../lib/table.ts";
import { readPolicy, readVariable } from "./config.ts";

/** The table of a function and what goes with it. */
export interface OpenTable {
  table: Table;
  policy: RetryPolicy;
}

/** Opens the table that the environment names. It stays open for all invocations, so that connections are reused. */
export function openTableOf(env: Env, retries: PatientRetries): OpenTable {
  const name = readVariable(env, "ANAMO_TABLE");
  const policy = readPolicy(env);
  const table = openTable(name, dynamoClient(env, { retries }));
  return { table, policy };
}
