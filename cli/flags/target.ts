import { type Command, Option } from "commander";
import { dynamoClient, type Env, s3Client } from "../../lib/clients.ts";
import { ConfigError } from "../../lib/errors.ts";
import { openTable } from "../../lib/table.ts";
import { awsName } from "../../worker/flag-names.ts";
import { ownLine } from "../own-command.ts";

/** Which table a command works on. */
export interface TargetFlags {
  table?: string;
  region?: string;
}

/** Which bucket a command works on. */
export interface BucketFlags {
  bucket?: string;
  region?: string;
}

/** Adds the options that say which table a command works on, and where. */
export function addTargetFlags(command: Command): Command {
  const name = new Option("-t, --table <name>", "the table").env("ANAMO_TABLE").argParser(awsName("table"));
  return addRegionFlag(command.addOption(name));
}

/** Adds the option that says which bucket a command works on. */
export function addBucketFlag(command: Command): Command {
  const name = new Option("-b, --bucket <name>", "the bucket").env("ANAMO_BUCKET").argParser(awsName("bucket"));
  return command.addOption(name);
}

/** Adds the option that says where table and bucket are. */
export function addRegionFlag(command: Command): Command {
  const region = new Option("-r, --region <region>", "the AWS region").env("AWS_REGION").argParser(awsName("region"));
  return command.addOption(region);
}

/** The table that the flags name, ready for use; call `close` when done. */
export function targetTable(flags: TargetFlags, env: Env) {
  const name = flags.table ?? env.PYANAMO_TABLE;
  if (!name)
    throw new ConfigError(
      `no table is named: give --table, set ANAMO_TABLE, or start the stack of this folder with "${ownLine("local up")}"`,
    );
  const client = dynamoClient(withRegion(flags, env));
  const table = openTable(name, client);
  return { table, close: () => client.destroy() };
}

/** The bucket that the flags name, ready for use; call `close` when done. */
export function targetBucket(flags: BucketFlags, env: Env) {
  const bucket = flags.bucket ?? env.S3_BUCKET;
  if (!bucket) throw new ConfigError("no bucket is named: give --bucket or set ANAMO_BUCKET");
  const s3 = s3Client(withRegion(flags, env));
  return { s3, bucket, close: () => s3.destroy() };
}

function withRegion(flags: { region?: string }, env: Env): Env {
  return flags.region ? { ...env, AWS_REGION: flags.region } : env;
}
