import { beforeAll, describe, expect, test } from "vitest";
import { madeOf } from "../support/made-of.ts";
import { ALLOWED, grantsOfRoles, MANY, resourceName, WITHOUT_RESOURCE } from "../support/roles.ts";
import type { Template } from "../support/sls.ts";
import { templateOf } from "../support/templates.ts";

let packaged: Template;

beforeAll(async () => {
  packaged = await templateOf();
});

const OWN_ACCOUNT = { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } };
const SOURCE: Readonly<Record<string, unknown>> = {
  "lambda.amazonaws.com": OWN_ACCOUNT,
  "ecs-tasks.amazonaws.com": {
    ...OWN_ACCOUNT,
    ArnLike: { "aws:SourceArn": { "Fn::Sub": "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:*" } },
  },
};

describe("roles", () => {
  test("allow what is listed and nothing else", () => {
    const { InstanceRole, ...onFargate } = ALLOWED;
    expect(sorted(grantsOfRoles(madeOf(packaged)))).toEqual(sorted(onFargate));
    expect(sorted(grantsOfRoles(madeOf(packaged, { ComputeType: "EC2_SPOT" })))).toEqual(sorted(ALLOWED));
  });

  test("are only those of the functions if the queue already exists", () => {
    const roles = Object.keys(grantsOfRoles(madeOf(packaged, { JobQueueGiven: "align" })));
    expect(roles.toSorted()).toEqual(["ImportRole", "LaunchRole", "ReconcileRole", "SummarizeRole", "SweepRole"]);
  });

  test("have no `*` in actions, and only explained ones in resources", () => {
    for (const [role, grants] of Object.entries(grantsOfRoles(madeOf(packaged, { ComputeType: "EC2" })))) {
      for (const [resource, actions] of Object.entries(grants)) {
        for (const action of actions) {
          expect(action, role).not.toContain("*");
          if (resource === "*") expect(WITHOUT_RESOURCE, `${role}: ${action} on all`).toHaveProperty([action]);
        }
        if (resource !== "*" && resource.includes("*")) expect(MANY, role).toHaveProperty([resource]);
      }
    }
  });

  test("have no explanation without a right", () => {
    const grants = Object.values(grantsOfRoles(madeOf(packaged)));
    const resources = grants.flatMap((grant) => Object.keys(grant));
    expect(Object.keys(MANY).filter((name) => !resources.includes(name))).toEqual([]);
    const onAll = grants.flatMap((grant) => grant["*"] ?? []);
    expect(Object.keys(WITHOUT_RESOURCE).filter((action) => !onAll.includes(action))).toEqual([]);
  });

  test("each trust one AWS service, which must act for this account", () => {
    const trusted = ofType(madeOf(packaged, { ComputeType: "EC2" }), "AWS::IAM::Role").map(([id, properties]) => {
      const { Statement } = properties.AssumeRolePolicyDocument as { Statement: Record<string, unknown>[] };
      const [{ Effect, Principal, Action, Condition, ...more } = {}, ...others] = Statement;
      expect([Effect, Action, more, others]).toEqual(["Allow", "sts:AssumeRole", {}, []]);
      const { Service } = Principal as { Service: string };
      // only on behalf of this account; EC2 sends no source
      expect(Condition, id).toEqual(SOURCE[Service]);
      return [id, Service];
    });
    expect(Object.fromEntries(trusted)).toEqual({
      ImportRole: "lambda.amazonaws.com",
      SummarizeRole: "lambda.amazonaws.com",
      ReconcileRole: "lambda.amazonaws.com",
      SweepRole: "lambda.amazonaws.com",
      LaunchRole: "lambda.amazonaws.com",
      JobRole: "ecs-tasks.amazonaws.com",
      ExecutionRole: "ecs-tasks.amazonaws.com",
      InstanceRole: "ec2.amazonaws.com",
    });
  });

  test("have no managed policies but AWS's own for hosts, and the given ones for scripts", () => {
    const given = "arn:aws:iam::123456789012:policy/lab-data";
    const made = madeOf(packaged, { ComputeType: "EC2", JobPolicies: given });
    const managed = ofType(made, "AWS::IAM::Role").flatMap(([id, { ManagedPolicyArns }]) =>
      ManagedPolicyArns ? [[id, ManagedPolicyArns]] : [],
    );
    const ofHosts = "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";
    expect(Object.fromEntries(managed)).toEqual({ JobRole: [given], InstanceRole: [{ "Fn::Sub": ofHosts }] });
  });
});

test("launch may submit to one queue with one definition, also to existing ones", async () => {
  const queue = "arn:aws:batch:us-east-1:123456789012:job-queue/align";
  const made = madeOf(await templateOf([`jobQueue=${queue}`, "jobDefinition=align-worker:3"]));
  const { LaunchRole = {} } = grantsOfRoles(made);
  const submits = Object.entries(LaunchRole).filter(([, actions]) => actions.includes("batch:SubmitJob"));
  expect(submits.map(([resource]) => resource)).toEqual([
    "job-queue/align",
    "job-definition/align-worker",
    "job-definition/align-worker:*",
  ]);
});

test("workers may read their pipeline's archive and pull their image, wherever those are", async () => {
  const image = "210987654321.dkr.ecr.eu-west-2.amazonaws.com/lab/tools:1.2";
  const made = madeOf(await templateOf(["pipelineArchive=s3://lab-code/v2/p.tar.gz", `workerImage=${image}`]));
  const { JobRole, ExecutionRole } = grantsOfRoles(made);
  expect(JobRole).toMatchObject({ "arn:${AWS::Partition}:s3:::lab-code/v2/p.tar.gz": ["s3:GetObject"] });
  const repository = "arn:${AWS::Partition}:ecr:eu-west-2:210987654321:repository/lab/tools";
  expect(ExecutionRole).toMatchObject({ [repository]: ALLOWED.ExecutionRole["image of workers"] });
});

describe("resource policies", () => {
  test("allow only AWS services on behalf of this stack, and deny unencrypted requests", () => {
    // each by its full name: a pattern anamo-dev-* would also match a stage dev-2
    const names = (type: string, prefix: string) =>
      ofType(madeOf(packaged), type)
        .map(([, { Name, AlarmName }]) => `${prefix}${Name ?? AlarmName}`)
        .toSorted()
        .join(" ");
    const lines = ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"].flatMap((type) =>
      ofType(madeOf(packaged), type).flatMap(([, { PolicyDocument }]) =>
        (PolicyDocument as { Statement: Record<string, unknown>[] }).Statement.map(lineOf),
      ),
    );
    expect(lines[0]).toMatch(
      /^Deny \* s3:\* on .*ServerlessDeploymentBucket.* if {"Bool":{"aws:SecureTransport":false}}$/,
    );
    // the first is the framework's own, for its deployment bucket
    expect(lines.slice(1)).toEqual([
      'Deny * s3:* on bucket, bucket/* if {"Bool":{"aws:SecureTransport":false}}',
      `Allow events.amazonaws.com sqs:SendMessage on failed events if ${names("AWS::Events::Rule", "rule/")}`,
      'Deny * sqs:* on failed events if {"Bool":{"aws:SecureTransport":false}}',
      `Allow s3.amazonaws.com sqs:SendMessage on queue of imports if ${BUCKET_ARN}`,
      'Deny * sqs:* on queue of imports if {"Bool":{"aws:SecureTransport":false}}',
      `Allow cloudwatch.amazonaws.com sns:Publish on {"Ref":"AlarmTopic"} if ${names("AWS::CloudWatch::Alarm", "alarm:")}`,
      'Allow events.amazonaws.com sns:Publish on {"Ref":"AlarmTopic"} if rule/anamo-dev-queue-blocked',
    ]);
  });

  test("only this account's bucket may announce files to import", () => {
    const [[, { PolicyDocument }] = expect.unreachable()] = ofType(madeOf(packaged), "AWS::SQS::QueuePolicy").filter(
      ([id]) => id === "ImportQueuePolicy",
    );
    const [{ Condition }] = (PolicyDocument as { Statement: [{ Condition: unknown }] }).Statement;
    // another account may take the name of a bucket that has been deleted
    expect(Condition).toEqual({ ArnEquals: { "aws:SourceArn": { "Fn::Sub": BUCKET_ARN } }, ...OWN_ACCOUNT });
  });

  test("only one bucket and this stack's rules may call functions", () => {
    const permissions = ofType(madeOf(packaged), "AWS::Lambda::Permission").map(([, properties]) => {
      const { FunctionName, Action, Principal, SourceArn, SourceAccount } = properties;
      expect(Action).toBe("lambda:InvokeFunction");
      expect(SourceArn).toBeDefined();
      if (Principal === "s3.amazonaws.com") expect(SourceAccount).toEqual({ Ref: "AWS::AccountId" });
      const [id = ""] = (FunctionName as { "Fn::GetAtt": string[] })["Fn::GetAtt"];
      return `${Principal} ${id.replace("LambdaFunction", "")}`;
    });
    expect(permissions.toSorted()).toEqual([
      "events.amazonaws.com Launch",
      "events.amazonaws.com Reconcile",
      "events.amazonaws.com Summarize",
      "events.amazonaws.com Sweep",
      "s3.amazonaws.com Import",
      "s3.amazonaws.com Launch",
    ]);
  });
});

const BUCKET_ARN = "arn:${AWS::Partition}:s3:::anamo-dev-${AWS::AccountId}-${AWS::Region}";

interface Sub {
  "Fn::Sub": string;
}

function lineOf({ Effect, Principal, Action, Resource, Condition }: Record<string, unknown>): string {
  const who = typeof Principal === "string" ? Principal : (Principal as { Service: string }).Service;
  const on = [Resource].flat().map((one) => resourceName(one));
  const { ArnEquals } = Condition as { ArnEquals?: { "aws:SourceArn": Sub | Sub[] } };
  const arns = ArnEquals && [ArnEquals["aws:SourceArn"]].flat().map((arn) => arn["Fn::Sub"]);
  const of = arns?.map((arn) =>
    arn.replace(/^arn:\$\{AWS::Partition\}:\w+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:/, ""),
  );
  return `${Effect} ${who} ${Action} on ${on.join(", ")} if ${of?.toSorted().join(" ") ?? JSON.stringify(Condition)}`;
}

function ofType({ Resources }: Template, type: string): [string, Record<string, unknown>][] {
  const found = Object.entries(Resources).filter(([, { Type }]) => Type === type);
  return found.map(([id, { Properties }]) => [id, Properties]);
}

/** The order of actions does not matter. */
function sorted(roles: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>) {
  const sortedGrants = (grants: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(Object.entries(grants).map(([name, actions]) => [name, actions.toSorted()]));
  return Object.fromEntries(Object.entries(roles).map(([role, grants]) => [role, sortedGrants(grants)]));
}
