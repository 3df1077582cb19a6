import type { Template } from "../sls.ts";
import type { AwsCalls } from "./aws-call.ts";

const ACCOUNT = "000000000000";
const ROLE = "job-role";

/** Values for the references in the job role's policy, for a stack on MiniStack. */
const KNOWN: Readonly<Record<string, string>> = {
  "AWS::Partition": "aws",
  "AWS::Region": "us-east-1",
  "AWS::AccountId": ACCOUNT,
  "Table.Arn": `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/anamo-dev`,
};

/**
 * Credentials of a role with the policies of the template's job role. MiniStack does not create the Batch half, so the
 * role is created separately.
 */
export async function jobCredentials(calls: AwsCalls, { Resources }: Template): Promise<Record<string, string>> {
  const policies = Resources.JobRole?.Properties.Policies as { PolicyDocument: unknown }[] | undefined;
  if (!policies?.length) throw new Error("the template has no job role");
  const Version = "2010-05-08";
  const trust = { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
  await calls.form("iam", { Action: "CreateRole", Version, RoleName: ROLE, AssumeRolePolicyDocument });
  for (const [n, { PolicyDocument }] of policies.entries()) {
    const policy = { PolicyName: `policy-${n}`, PolicyDocument: JSON.stringify(resolved(PolicyDocument)) };
    await calls.form("iam", { Action: "PutRolePolicy", Version, RoleName: ROLE, ...policy });
  }
  const session = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/${ROLE}`, RoleSessionName: "worker" };
  const answer = await calls.form("sts", { Action: "AssumeRole", Version: "2011-06-15", ...session });
  const field = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(answer)?.[1] ?? "";
  return {
    AWS_ACCESS_KEY_ID: field("AccessKeyId"),
    AWS_SECRET_ACCESS_KEY: field("SecretAccessKey"),
    AWS_SESSION_TOKEN: field("SessionToken"),
  };
}

/** A value from a template with its references replaced; conditions count as false. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved).filter((one) => one !== undefined);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [[name, argument] = ["", undefined]] = entries;
  switch (name) {
    case "Ref":
      return argument === "AWS::NoValue" ? undefined : known(String(argument));
    case "Fn::GetAtt":
      return known((argument as string[]).join("."));
    case "Fn::Sub":
      return String(argument).replaceAll(/\$\{(.+?)\}/g, (_, reference) => known(reference));
    case "Fn::If":
      return resolved((argument as unknown[])[2]);
    default:
      return Object.fromEntries(entries.map(([key, one]) => [key, resolved(one)]));
  }
}

function known(reference: string): string {
  const text = KNOWN[reference];
  if (text === undefined) throw new Error(`the job role's policy has the unknown reference ${reference}`);
  return text;
}
