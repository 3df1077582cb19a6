import type { Template } from "./sls.ts";

/** Everything that the functions may do. A line more here is a decision, not a convenience. */
export const ALLOWED = {
  ImportRole: {
    "logs of its own": ["logs:CreateLogStream", "logs:PutLogEvents"],
    table: ["BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"].map((a) => `dynamodb:${a}`),
    "bucket/imports/*": ["s3:GetObject", "s3:GetObjectVersion"],
    "bucket/continuations/*": [
      "GetObject",
      "GetObjectVersion",
      "PutObject",
      "DeleteObject",
      "AbortMultipartUpload",
    ].map(s3),
    "bucket/reports/imports/*": [
      "GetObject",
      "GetObjectVersion",
      "PutObject",
      "DeleteObject",
      "AbortMultipartUpload",
    ].map(s3),
    bucket: ["s3:ListBucket"],
  },
  SummarizeRole: {
    "logs of its own": ["logs:CreateLogStream", "logs:PutLogEvents"],
    table: ["dynamodb:GetItem"],
    index: ["dynamodb:Query"],
    "bucket/progress/*": ["s3:PutObject"],
  },
  ReconcileRole: {
    "logs of its own": ["logs:CreateLogStream", "logs:PutLogEvents"],
    table: ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    index: ["dynamodb:Query"],
  },
  SweepRole: {
    "logs of its own": ["logs:CreateLogStream", "logs:PutLogEvents"],
    table: ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
    index: ["dynamodb:Query"],
    // Batch knows no narrower resource for this action
    "*": ["batch:DescribeJobs"],
  },
} as const;

/** What each role of a template allows: resource → actions, resources by the names that {@link ALLOWED} has for them. */
export function grantsOfRoles({ Resources }: Template): Record<string, Record<string, string[]>> {
  const roles = Object.entries(Resources).filter(([, { Type }]) => Type === "AWS::IAM::Role");
  return Object.fromEntries(roles.map(([id, { Properties }]) => [id, grantsOf(id, Properties)]));
}

function s3(action: string): string {
  return `s3:${action}`;
}

function grantsOf(id: string, properties: Record<string, unknown>): Record<string, string[]> {
  const grants: Record<string, string[]> = {};
  for (const { PolicyDocument } of properties.Policies as { PolicyDocument: { Statement: Statement[] } }[]) {
    for (const { Effect, Action, Resource } of PolicyDocument.Statement) {
      if (Effect !== "Allow") throw new Error(`${id} has a statement that does not allow`);
      for (const resource of [Resource].flat()) {
        const name = nameOf(id, resource);
        grants[name] = [...(grants[name] ?? []), ...[Action].flat()];
      }
    }
  }
  return grants;
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

function nameOf(role: string, resource: unknown): string {
  const text = typeof resource === "string" ? resource : JSON.stringify(resource);
  const names: Record<string, string> = {
    [JSON.stringify({ "Fn::GetAtt": [`${role.replace("Role", "")}LogGroup`, "Arn"] })]: "logs of its own",
    [JSON.stringify({ "Fn::GetAtt": ["Table", "Arn"] })]: "table",
    [JSON.stringify({ "Fn::Sub": "${Table.Arn}/index/StateIndex" })]: "index",
  };
  const inBucket =
    /^\{"Fn::Sub":"arn:\$\{AWS::Partition\}:s3:::anamo-dev-\$\{AWS::AccountId\}-\$\{AWS::Region\}(.*)"\}$/;
  const path = inBucket.exec(text)?.[1];
  return names[text] ?? (path === undefined ? text : `bucket${path}`);
}
