import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Command, Option } from "commander";
import type { Scalers } from "../../../lib/autoscaling/reach.ts";
import { dynamoClient, type Env, scalingClient } from "../../../lib/clients.ts";
import { ConfigError } from "../../../lib/errors.ts";
import { awsName } from "../../../worker/flag-names.ts";

/** Options of every command on tables. */
export interface TableFlags {
  table?: string;
  region?: string;
  json?: boolean;
}

/** Adds the options that say where the table is, and `--json`. */
export function addTableFlags(command: Command): Command {
  return addRegionFlags(
    command.addOption(new Option("-t, --table <name>", "the table").env("ANAMO_TABLE").argParser(awsName("table"))),
  );
}

/** Adds the options of a command on all tables of a region. */
export function addRegionFlags(command: Command): Command {
  return command
    .addOption(new Option("-r, --region <region>", "the AWS region").env("AWS_REGION").argParser(awsName("region")))
    .option("--json", "print one JSON document");
}

/** Runs a command with a client of its own, and with the name of the table. */
export async function onTable(
  flags: TableFlags,
  env: Env,
  work: (client: DynamoDBClient, name: string) => Promise<void>,
): Promise<void> {
  const name = flags.table ?? env.PYANAMO_TABLE;
  if (!name) throw new ConfigError("no table is named: give --table or set ANAMO_TABLE");
  await onRegion(flags, env, (client) => work(client, name));
}

/** Runs a command with a client of its own. */
export async function onRegion(
  flags: TableFlags,
  env: Env,
  work: (client: DynamoDBClient) => Promise<void>,
): Promise<void> {
  const client = dynamoClient(flags.region ? { ...env, AWS_REGION: flags.region } : env);
  try {
    await work(client);
  } finally {
    client.destroy();
  }
}

/** Runs a command with the clients of what holds tables and of what scales them, and with the name of the table. */
export async function onScalers(
  flags: TableFlags,
  env: Env,
  work: (scalers: Scalers, name: string) => Promise<void>,
): Promise<void> {
  const scaling = scalingClient(flags.region ? { ...env, AWS_REGION: flags.region } : env);
  try {
    await onTable(flags, env, (dynamo, name) => work({ dynamo, scaling }, name));
  } finally {
    scaling.destroy();
  }
}

/** Prints what a command has to say: as JSON, or for a person. */
export function print(json: boolean | undefined, value: unknown, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
}
