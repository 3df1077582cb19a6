import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { Command, InvalidArgumentError } from "commander";
import { clientConfig } from "../../lib/clients.ts";
import { ConfigError } from "../../lib/errors.ts";
import { stackVariables } from "../../lib/stack-outputs.ts";
import { exportLines } from "../output/export-lines.ts";
import { addRegionFlag } from "../target.ts";

interface EnvFlags {
  stage: string;
  stack?: string;
  region?: string;
  json?: boolean;
}

/** `anamo env`: the variables of a deployed stack. */
export function envCommand(): Command {
  const command = new Command("env")
    .summary("Prints the variables of a deployed stack, for a shell.")
    .description("Prints the variables that point anamo to a deployed stack, for a shell.")
    .option("--stage <stage>", "the stage that was deployed", stackPart, "dev")
    .option("--stack <name>", "the name of the stack (default: anamo-<stage>)", stackPart);
  return addRegionFlag(command)
    .option("--json", "print one JSON document: variables and values")
    .addHelpText(
      "after",
      `
Needs credentials that may look at the stack (cloudformation:DescribeStacks).

Examples:
  eval "$(anamo env --stage prod)"
  anamo env --stack my-stack --region eu-west-1`,
    )
    .action(async (flags: EnvFlags) => {
      const stack = flags.stack ?? `anamo-${flags.stage}`;
      const env = flags.region ? { ...process.env, AWS_REGION: flags.region } : process.env;
      const client = new CloudFormationClient(clientConfig(env, "CLOUDFORMATION"));
      try {
        const region = await client.config.region().catch((error: unknown) => {
          throw new ConfigError("no region is named: give --region, or set AWS_REGION", { cause: error });
        });
        const variables = { AWS_REGION: region, ...(await stackVariables(client, stack)) };
        process.stdout.write(`${flags.json ? JSON.stringify(variables) : exportLines(variables)}\n`);
      } finally {
        client.destroy();
      }
    });
}

/** Reads an option's value as (a part of) the name of a stack. */
function stackPart(value: string): string {
  if (/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(value)) return value;
  throw new InvalidArgumentError("Expected letters, digits and hyphens, a letter first.");
}
