import { type Command, Option } from "commander";
import { awsName } from "../../worker/flag-names.ts";
import type { Wording } from "../../workflow/wording.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { commandLog } from "../events/command-log.ts";
import { ownStackFolder, upStackFolder } from "../stack-folder.ts";
import { FLAG_WORDING } from "./wording.ts";

/** Which table a command works on. */
export interface TargetFlags {
  table?: string;
  region?: string;
  profile?: string;
}

/** Which bucket a command works on. */
export interface BucketFlags {
  bucket?: string;
  region?: string;
  profile?: string;
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

/** Adds the options that say where table and bucket are. */
export function addRegionFlag(command: Command): Command {
  const region = new Option("-r, --region <region>", "the AWS region").env("AWS_REGION").argParser(awsName("region"));
  return command.addOption(region).option("--profile <profile>", "the AWS profile (default: AWS_PROFILE)");
}

/** Runs `work` with the workflow that the flags and the environment name, then closes it. */
export async function withWorkflow<T>(
  { table, bucket, region, profile }: TargetFlags & BucketFlags,
  work: (workflow: Workflow) => Promise<T>,
  wording: Wording = FLAG_WORDING,
): Promise<T> {
  const log = commandLog(ownStackFolder() ?? upStackFolder());
  const workflow = new Workflow({ table, bucket, region, profile, wording, onEvent: log?.write });
  try {
    return await work(workflow);
  } finally {
    workflow.close();
    log?.flush();
  }
}

/** {@link withWorkflow} for a command that needs a table. Throws a ConfigError if none is named. */
export function withTable<T>(
  flags: TargetFlags & BucketFlags,
  work: (workflow: Workflow, table: string) => Promise<T>,
  wording?: Wording,
): Promise<T> {
  return withWorkflow(flags, (workflow) => work(workflow, workflow.table), wording);
}
