import { type CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { UsageError } from "./errors.ts";

/** The variables that point anamo to a stack, in printing order, and the stack outputs that hold their values. */
const OUTPUTS = [
  ["ANAMO_TABLE", "TableName"],
  ["ANAMO_BUCKET", "BucketName"],
  ["ANAMO_JOB_QUEUE", "JobQueue"],
  ["ANAMO_JOB_DEFINITION", "JobDefinition"],
] as const;
/** A stack without these outputs is not an anamo stack. */
const NEEDED: readonly string[] = ["TableName", "BucketName"];

/** Reads the variables from a stack's outputs. Throws a UsageError if the stack does not exist or is not anamo's. */
export async function stackVariables(client: CloudFormationClient, stackName: string): Promise<Record<string, string>> {
  const outputs = await stackOutputs(client, stackName);
  const found = OUTPUTS.map(([variable, output]) => [variable, outputs.get(output)] as const);
  return Object.fromEntries(found.filter((entry): entry is readonly [(typeof entry)[0], string] => Boolean(entry[1])));
}

/** A stack's outputs by name. Throws a UsageError if the stack does not exist or is not anamo's. */
export async function stackOutputs(client: CloudFormationClient, stackName: string): Promise<Map<string, string>> {
  const stack = await describe(client, stackName);
  if (!stack) {
    const region = await client.config.region();
    throw new UsageError(
      `stack ${stackName} does not exist in ${region}: is it deployed ("npx sls deploy --stage …"), and is the region right (--region)?`,
    );
  }
  const pairs = (stack.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue] as const);
  const outputs = new Map(pairs);
  const missing = NEEDED.filter((name) => !outputs.get(name));
  if (missing.length > 0) {
    const why = `has no output ${missing.join(", ")}: it is not an anamo stack, or its deployment did not finish`;
    throw new UsageError(`stack ${stackName} ${why} (it is ${stack.StackStatus})`);
  }
  return outputs;
}

async function describe(client: CloudFormationClient, StackName: string) {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    return Stacks[0];
  } catch (error) {
    // CloudFormation's error for a missing stack; the name has already been validated
    if (error instanceof Error && error.name === "ValidationError") return undefined;
    throw error;
  }
}
