import { Command } from "commander";
import { stackVariables } from "../../lib/stack-outputs.ts";
import { addStackFlags, type StackFlags, targetStack } from "../flags/stack-target.ts";
import { unsetLines } from "../local/local-env.ts";
import { exportLines } from "../output/export-lines.ts";

interface EnvFlags extends StackFlags {
  json?: boolean;
}

/** `anamo env`: the variables of a deployed stack. */
export function envCommand(): Command {
  const command = new Command("env")
    .summary("Prints the variables of a deployed stack, for a shell.")
    .description("Prints the variables that point anamo to a deployed stack, for a shell.");
  return addStackFlags(command)
    .option("--json", "print one JSON document: variables and values")
    .addHelpText(
      "after",
      `
Needs credentials that allow cloudformation:DescribeStacks on the stack.

Examples:
  eval "$(anamo env --stage prod)"
  anamo env --stack my-stack --region eu-west-1`,
    )
    .action(async (flags: EnvFlags) => {
      const { client, stack, region, close } = await targetStack(flags, process.env);
      try {
        const variables = { AWS_REGION: region, ...(await stackVariables(client, stack)) };
        // addresses of a local stack would stay in effect
        const lines = [...unsetLines(process.env), exportLines(variables)];
        process.stdout.write(`${flags.json ? JSON.stringify(variables) : lines.join("\n")}\n`);
      } finally {
        close();
      }
    });
}
