import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { type Command, InvalidArgumentError } from "commander";
import { clientConfig, type Env } from "../../lib/aws-config.ts";
import { ConfigError } from "../../lib/errors.ts";
import { withProfile } from "../../lib/profile.ts";
import { addRegionFlag } from "./target.ts";

/** Which deployed stack a command is about. */
export interface StackFlags {
  stage: string;
  stack?: string;
  region?: string;
  profile?: string;
}

/** A deployed stack, and a client that can describe it until `close`. */
export interface StackTarget {
  client: CloudFormationClient;
  stack: string;
  region: string;
  close: () => void;
}

/** Adds the options that say which deployed stack a command is about. */
export function addStackFlags(command: Command): Command {
  return addRegionFlag(
    command
      .option("--stage <stage>", "the deployed stage", stageName, "dev")
      .option("--stack <name>", "the name of the stack (default: anamo-<stage>)", stackName),
  );
}

/** The stack that the flags name. Throws a ConfigError if no region is named. */
export async function targetStack(flags: StackFlags, env: Env): Promise<StackTarget> {
  const own = flags.profile ? withProfile(env, flags.profile) : env;
  const withRegion = flags.region ? { ...own, AWS_REGION: flags.region } : own;
  const client = new CloudFormationClient(clientConfig(withRegion, "CLOUDFORMATION"));
  const region = await client.config.region().catch((error: unknown) => {
    client.destroy();
    throw new ConfigError("no region is named: give --region, or set AWS_REGION", { cause: error });
  });
  return { client, stack: flags.stack ?? `anamo-${flags.stage}`, region, close: () => client.destroy() };
}

/** A stage follows `anamo-` in a stack's name, so it may begin with a digit. */
function stageName(value: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9-]{0,120}$/.test(value)) return value;
  throw new InvalidArgumentError("Expected letters, digits and hyphens.");
}

function stackName(value: string): string {
  if (/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(value)) return value;
  throw new InvalidArgumentError("Expected letters, digits and hyphens, a letter first.");
}
