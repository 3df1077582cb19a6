import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tableSchema } from "../lib/schema.ts";
import { ALLOWED, grantsOfRoles } from "./support/roles.ts";
import { ServiceCopy, type Template } from "./support/sls.ts";
import { unzip } from "./support/zip.ts";

const FUNCTIONS = ["import", "summarize", "reconcile", "sweep"];
const MEGABYTE = 1024 * 1024;

let service: ServiceCopy;
let template: Template;
let words: string;

beforeAll(async () => {
  service = await ServiceCopy.make();
  words = (await service.sls(["package"])).all;
  template = await service.template();
}, 120_000);

afterAll(() => service.remove());

test("it packages without an account and without a warning", () => {
  expect(words).toMatch(/Service packaged/);
  expect(words).not.toMatch(/warn|deprecat|error/i);
});

test.each(FUNCTIONS)("%s is one bundled file of less than 1 MB", async (name) => {
  const files = unzip(await readFile(join(service.dir, `.serverless/${name}.zip`)));
  expect([...files.keys()]).toEqual([`functions/${name}.cjs`]);
  expect(files.get(`functions/${name}.cjs`)?.length).toBeLessThan(MEGABYTE);
});

test("the table is the one that the library makes, and outlives the stack", () => {
  const { DeletionPolicy, Properties } = resource("Table");
  const { PointInTimeRecoverySpecification, ...schema } = Properties;
  expect(schema).toEqual(tableSchema("anamo-dev"));
  expect(PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
  expect(DeletionPolicy).toBe("Retain");
});

describe("functions", () => {
  test("run on Node 24 and arm64, each with a role and a log group of its own", () => {
    const functions = ofType("AWS::Lambda::Function");
    expect(functions.map(([, { Properties }]) => Properties.FunctionName).toSorted()).toEqual(
      FUNCTIONS.map((name) => `anamo-dev-${name}`).toSorted(),
    );
    for (const [id, { Properties, DependsOn }] of functions) {
      const name = id.replace("LambdaFunction", "");
      expect(Properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"] });
      expect(Properties.Role).toEqual({ "Fn::GetAtt": [`${name}Role`, "Arn"] });
      expect(DependsOn).toContain(`${name}LogGroup`);
    }
  });

  test("know the table, the caps and what else they need by variables", () => {
    const environmentOf = (id: string) => (resource(id).Properties.Environment as { Variables: unknown }).Variables;
    const common = {
      ANAMO_TABLE: "anamo-dev",
      ANAMO_MAX_ATTEMPTS: "3",
      ANAMO_MAX_INTERRUPTIONS: "20",
      ANAMO_MAX_LOSSES: "5",
    };
    const withBucket = { ...common, ANAMO_BUCKET: { "Fn::Sub": "anamo-dev-${AWS::AccountId}-${AWS::Region}" } };
    expect(environmentOf("ImportLambdaFunction")).toEqual(withBucket);
    expect(environmentOf("SummarizeLambdaFunction")).toEqual(withBucket);
    expect(environmentOf("ReconcileLambdaFunction")).toEqual(common);
    expect(environmentOf("SweepLambdaFunction")).toEqual({ ...common, ANAMO_JOB_QUEUE: "" });
  });

  test("the import may start itself by way of the bucket", () => {
    expect(resource("ImportLambdaFunction").Properties).toMatchObject({ RecursiveLoop: "Allow", Timeout: 900 });
  });
});

test("each function's role allows what is listed, to Lambda, and nothing else", () => {
  expect(grantsOfRoles(template)).toEqual(ALLOWED);
  for (const [, { Properties }] of ofType("AWS::IAM::Role")) {
    expect(Properties).not.toHaveProperty("ManagedPolicyArns");
    expect(Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    });
  }
});

describe("what starts them", () => {
  test("files under imports/ and continuations/ start the import, and only the account's own bucket may", () => {
    const { NotificationConfiguration } = resource("Bucket").Properties;
    const started = (prefix: string) => ({
      Event: "s3:ObjectCreated:*",
      Function: { "Fn::GetAtt": ["ImportLambdaFunction", "Arn"] },
      Filter: { S3Key: { Rules: [{ Name: "prefix", Value: prefix }] } },
    });
    expect(NotificationConfiguration).toEqual({
      LambdaConfigurations: [started("imports/"), started("continuations/")],
    });
    expect(resource("BucketMayImport").Properties).toMatchObject({
      Principal: "s3.amazonaws.com",
      SourceAccount: { Ref: "AWS::AccountId" },
    });
    expect(resource("Bucket").DependsOn).toContain("BucketMayImport");
  });

  test("summary and sweep run on a schedule", () => {
    for (const id of ["SummarizeEventsRuleSchedule1", "SweepEventsRuleSchedule1"]) {
      expect(resource(id).Properties).toMatchObject({ ScheduleExpression: "rate(5 minutes)", State: "ENABLED" });
    }
  });

  test("Batch events start the reconcile, those of all queues as none is configured", () => {
    expect(batchRule(template).detail).toEqual({
      status: ["FAILED", "SUCCEEDED", "RUNNABLE"],
      jobQueue: { "Fn::If": ["HasJobQueue", [""], { Ref: "AWS::NoValue" }] },
    });
    expect(template.Conditions.HasJobQueue).toEqual({ "Fn::Not": [{ "Fn::Equals": ["", ""] }] });
  });
});

function resource(id: string) {
  const found = template.Resources[id];
  if (!found) throw new Error(`no resource ${id}`);
  return found;
}

function ofType(type: string) {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

function batchRule({ Resources }: Template): { detail: Record<string, unknown> } {
  const rules = Object.values(Resources).filter(({ Type }) => Type === "AWS::Events::Rule");
  const patterns = rules.flatMap(({ Properties }) => (Properties.EventPattern ? [Properties.EventPattern] : []));
  expect(patterns).toEqual([
    { source: ["aws.batch"], "detail-type": ["Batch Job State Change"], detail: expect.anything() },
  ]);
  return patterns[0] as { detail: Record<string, unknown> };
}
