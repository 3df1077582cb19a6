import type { Template } from "./sls.ts";

const LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"] as const;
const OF_EVERY_FUNCTION = { "logs of its own": LOGS } as const;
const OF_RETRIED_FUNCTIONS = { ...OF_EVERY_FUNCTION, "failed events": ["sqs:SendMessage"] } as const;
const READ_AND_WRITE = [
  "s3:GetObject",
  "s3:GetObjectVersion",
  "s3:PutObject",
  "s3:DeleteObject",
  "s3:AbortMultipartUpload",
] as const;

/** Every process that ends or adds an item evaluates the items that wait for it. */
const LOOKS = [
  "dynamodb:BatchGetItem",
  "dynamodb:DeleteItem",
  "dynamodb:GetItem",
  "dynamodb:PutItem",
  "dynamodb:Query",
  "dynamodb:UpdateItem",
] as const;

/** Everything that functions, workers and hosts may do. Add a line only if a role really needs it. */
export const ALLOWED = {
  ImportRole: {
    ...OF_RETRIED_FUNCTIONS,
    "queue of imports": [
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
    ],
    table: [...LOOKS, "dynamodb:BatchWriteItem"],
    index: ["dynamodb:Query"],
    bucket: ["s3:ListBucket"],
    "bucket/imports/*": ["s3:GetObject", "s3:GetObjectVersion"],
    "bucket/workflows/*": ["s3:GetObject", "s3:GetObjectVersion"],
    "bucket/continuations/*": READ_AND_WRITE,
    "bucket/reports/imports/*": READ_AND_WRITE,
  },
  SummarizeRole: {
    ...OF_EVERY_FUNCTION,
    table: ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
    index: ["dynamodb:Query"],
    "bucket/progress/*": ["s3:PutObject"],
    "bucket/progress/latest.json": ["s3:GetObject"],
  },
  ReconcileRole: {
    ...OF_RETRIED_FUNCTIONS,
    launch: ["lambda:InvokeFunction"],
    table: LOOKS,
    index: ["dynamodb:Query"],
  },
  SweepRole: {
    ...OF_RETRIED_FUNCTIONS,
    launch: ["lambda:InvokeFunction"],
    table: LOOKS,
    index: ["dynamodb:Query"],
    bucket: ["s3:ListBucket"],
    "bucket/results/*": ["s3:GetObject", "s3:DeleteObject"],
    "*": ["batch:DescribeJobs"],
  },
  LaunchRole: {
    ...OF_RETRIED_FUNCTIONS,
    table: ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    index: ["dynamodb:Query"],
    "job queue": ["batch:SubmitJob"],
    "job-definition/anamo-dev-worker:*": ["batch:SubmitJob"],
    "*": ["batch:DescribeJobs", "batch:ListJobs"],
  },
  // the worker and its scripts
  JobRole: {
    table: LOOKS,
    index: ["dynamodb:Query"],
    bucket: ["s3:ListBucket"],
    "bucket/logs/*": ["s3:PutObject", "s3:AbortMultipartUpload"],
    "bucket/pipeline/*": ["s3:GetObject"],
    "bucket/data/*": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
    "bucket/results/*": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
  },
  ExecutionRole: {
    "logs of workers": LOGS,
    "image of workers": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    "*": ["ecr:GetAuthorizationToken"],
  },
  // has only a policy that AWS maintains
  InstanceRole: {},
} as const;

/** Actions that AWS cannot restrict to a resource, and what they allow. */
export const WITHOUT_RESOURCE: Readonly<Record<string, string>> = {
  "batch:DescribeJobs": "describe jobs: AWS grants it for all jobs of the account, or none",
  "batch:ListJobs": "list jobs: AWS grants it for all queues of the account, or none",
  "ecr:GetAuthorizationToken": "log in to the registry; other actions say which repository may be pulled",
};

/** Resources with a wildcard, and what it stands for. */
export const MANY: Readonly<Record<string, string>> = {
  "job-definition/anamo-dev-worker:*": "every revision: each deploy that changes the definition makes one",
  "bucket/imports/*": "every task file",
  "bucket/workflows/*": "the workflows of sample sheets",
  "bucket/continuations/*": "the notes of every unfinished import",
  "bucket/reports/imports/*": "the report of every import",
  "bucket/progress/*": "the newest summary and the dated ones",
  "bucket/logs/*": "the logs of every task",
  "bucket/pipeline/*": "archives of pipelines",
  "bucket/data/*": "what scripts read and write",
  "bucket/results/*": "the results of every task",
};

/** What each role of a template allows: resource → actions, with the names of resources as in {@link ALLOWED}. */
export function grantsOfRoles({ Resources }: Template): Record<string, Record<string, string[]>> {
  const roles = Object.entries(Resources).filter(([, { Type }]) => Type === "AWS::IAM::Role");
  return Object.fromEntries(roles.map(([id, { Properties }]) => [id, grantsOf(id, Properties)]));
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

function grantsOf(id: string, properties: Record<string, unknown>): Record<string, string[]> {
  const grants: Record<string, string[]> = {};
  const policies = (properties.Policies ?? []) as { PolicyDocument: { Statement: Statement[] } }[];
  for (const { Effect, Action, Resource } of policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)) {
    if (Effect !== "Allow") throw new Error(`${id} has a statement with the effect ${Effect}`);
    for (const resource of [Resource].flat()) {
      const name = resourceName(resource, id.replace("Role", ""));
      grants[name] = [...(grants[name] ?? []), ...[Action].flat()];
    }
  }
  return grants;
}

const BUCKET = "arn:${AWS::Partition}:s3:::anamo-dev-${AWS::AccountId}-${AWS::Region}";
const BATCH = "arn:${AWS::Partition}:batch:${AWS::Region}:${AWS::AccountId}:";

/** A readable name for a resource. */
export function resourceName(resource: unknown, owner = ""): string {
  const { "Fn::GetAtt": [id, attribute] = [], "Fn::Sub": text, Ref } = resource as Record<string, string[] & string>;
  if (Ref === "JobQueue") return "job queue";
  const arns: Record<string, string> = {
    [`${owner}LogGroup`]: "logs of its own",
    WorkerLogGroup: "logs of workers",
    WorkerRepository: "image of workers",
    Table: "table",
    Bucket: "bucket",
    FailedEvents: "failed events",
    ImportQueue: "queue of imports",
    LaunchLambdaFunction: "launch",
  };
  if (attribute === "Arn" && id && arns[id]) return arns[id];
  if (typeof text !== "string") return typeof resource === "string" ? resource : JSON.stringify(resource);
  return text
    .replace("${Table.Arn}/index/StateIndex", "index")
    .replace("${Bucket.Arn}", "bucket")
    .replace(BUCKET, "bucket")
    .replace(BATCH, "");
}
