import { beforeAll, describe, expect, test } from "vitest";
import { madeOf } from "../support/made-of.ts";
import type { Template } from "../support/sls.ts";
import { templateOf } from "../support/templates.ts";

/* Limits of AWS that no linter and no server here checks: a deploy would fail, or something would never work. */

let template: Template;
let made: Template;

beforeAll(async () => {
  template = await templateOf();
  made = madeOf(template, { Notify: "yes", Metrics: "steps", MakeDashboard: "yes", AlarmEmail: "lab@example.org" });
});

const ofType = (type: string) => Object.entries(made.Resources).filter(([, { Type }]) => Type === type);
const propertiesOf = (id: string) => made.Resources[id]?.Properties ?? {};

test("the template is within CloudFormation's limits, however long the names", () => {
  // CloudFormation quotas: 1 MB through S3, 500 resources, 200 outputs and parameters
  expect(Buffer.byteLength(JSON.stringify(template))).toBeLessThan(1_000_000);
  expect(Object.keys(template.Resources).length).toBeLessThan(500);
  expect(Object.keys(template.Parameters).length).toBeLessThan(200);
});

test("names fit for the longest stage: 64 characters for functions and rules, 80 for queues, 63 for the bucket", () => {
  const stage = "s".repeat(28);
  const longest = (name: unknown) => String(name).replace("anamo-dev", `anamo-${stage}`).length;
  for (const [, { Properties }] of ofType("AWS::Lambda::Function"))
    expect(longest(Properties.FunctionName)).toBeLessThan(65);
  for (const [, { Properties }] of ofType("AWS::Events::Rule")) expect(longest(Properties.Name)).toBeLessThan(65);
  for (const [, { Properties }] of ofType("AWS::SQS::Queue")) expect(longest(Properties.QueueName)).toBeLessThan(81);
  expect(`anamo-${stage}-123456789012-ap-southeast-1`.length).toBeLessThan(64);
});

test("the variables of a function take less than 4 kB, with the longest names too", () => {
  const functions = ofType("AWS::Lambda::Function");
  expect(functions).toHaveLength(5);
  for (const [, { Properties }] of functions) {
    const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
    const texts = Object.values(Variables).filter((value) => typeof value === "string");
    // a reference becomes an ARN, at most 2,048 characters long, but these name queues and topics: 128 and 256
    const references = Object.keys(Variables).length - texts.length;
    const bytes = Object.entries(Variables).reduce((sum, [name]) => sum + name.length, 0) + texts.join("").length;
    expect(bytes + references * 320 + 255 + 63).toBeLessThan(4_096);
  }
});

test("the policies of a role take less than the 10,240 characters that AWS allows", () => {
  for (const [id, { Properties }] of ofType("AWS::IAM::Role")) {
    const policies = (Properties.Policies ?? []) as { PolicyDocument: unknown }[];
    // references become longer: a bucket's name 63 characters, an ARN some 100
    const text = policies.map(({ PolicyDocument }) => JSON.stringify(PolicyDocument)).join("");
    const references = text.match(/"(Fn::\w+|Ref)"/g)?.length ?? 0;
    expect(text.length + references * 100, id).toBeLessThan(10_240);
  }
});

describe("functions", () => {
  test("none reserves concurrency by default, and with reservedConcurrency at most one", () => {
    const reserved = (template: Template) =>
      Object.values(template.Resources)
        .filter(({ Type }) => Type === "AWS::Lambda::Function")
        .flatMap(({ Properties }) => Properties.ReservedConcurrentExecutions ?? []);
    expect(reserved(made)).toEqual([]);
    expect(reserved(madeOf(template, { ReservedConcurrency: "yes" }))).toEqual([1]);
  });

  test("each schedule, rule, bucket and topic that calls one has the right to", () => {
    const permitted = ofType("AWS::Lambda::Permission").map(([, { Properties }]) =>
      JSON.stringify([Properties.FunctionName, Properties.Principal]),
    );
    const isPermitted = (target: unknown, principal: string) =>
      permitted.some((one) => one.includes(idIn(target)) && one.includes(principal));
    for (const [id, { Properties }] of ofType("AWS::Events::Rule")) {
      for (const { Arn } of Properties.Targets as { Arn: unknown }[]) {
        if (idIn(Arn).endsWith("LambdaFunction")) expect(isPermitted(Arn, "events.amazonaws.com"), id).toBe(true);
      }
    }
    const { LambdaConfigurations } = propertiesOf("Bucket").NotificationConfiguration as {
      LambdaConfigurations: { Function: unknown }[];
    };
    for (const { Function: target } of LambdaConfigurations) expect(isPermitted(target, "s3.amazonaws.com")).toBe(true);
  });

  test("each queue that failed events go to has an alarm, and each log is deleted some day", () => {
    const watched = ofType("AWS::CloudWatch::Alarm").map(([, { Properties }]) => JSON.stringify(Properties));
    expect(watched.some((one) => one.includes('"FailedEvents"') && one.includes("AWS/SQS"))).toBe(true);
    for (const [id, { Properties }] of ofType("AWS::Logs::LogGroup")) expect(Properties.RetentionInDays, id).toBe(30);
    const functions = ofType("AWS::Lambda::Function").map(([, { Properties }]) => Properties.FunctionName);
    const logs = ofType("AWS::Logs::LogGroup").map(([, { Properties }]) => Properties.LogGroupName);
    expect(logs).toEqual(expect.arrayContaining(functions.map((name) => `/aws/lambda/${name}`)));
  });
});

describe("Batch", () => {
  test("rules about retries are as it takes them: at most 5, 10 attempts, and a * only at the end", () => {
    const { Attempts, EvaluateOnExit } = propertiesOf("JobDefinition").RetryStrategy as {
      Attempts: number;
      EvaluateOnExit: Record<string, string>[];
    };
    expect(Attempts).toBeLessThan(11);
    expect(EvaluateOnExit.length).toBeLessThan(6);
    for (const { Action, ...patterns } of EvaluateOnExit) {
      expect(["RETRY", "EXIT"]).toContain(Action);
      // API_EvaluateOnExit: letters, digits, periods, colons and white space, and * at the end
      for (const pattern of Object.values(patterns)) expect(pattern).toMatch(/^[\w.:\s]{0,511}\*?$/);
    }
  });

  test("a job definition is far below 24 kB, and its time limit within Fargate's 14 days", () => {
    const { ContainerProperties, Timeout } = propertiesOf("JobDefinition") as {
      ContainerProperties: unknown;
      Timeout: { AttemptDurationSeconds: string };
    };
    expect(JSON.stringify(ContainerProperties).length).toBeLessThan(12_000);
    const seconds = Number(Timeout.AttemptDurationSeconds);
    expect(seconds > 60 && seconds < 14 * 24 * 3_600).toBe(true);
  });
});

test("no two notifications of the bucket take the same object, which S3 refuses", () => {
  const { QueueConfigurations, LambdaConfigurations } = propertiesOf("Bucket").NotificationConfiguration as Record<
    string,
    { Filter: { S3Key: { Rules: { Name: string; Value: string }[] } } }[]
  >;
  const prefixes = [...(QueueConfigurations ?? []), ...(LambdaConfigurations ?? [])].map(
    ({ Filter }) => Filter.S3Key.Rules.find(({ Name }) => Name === "prefix")?.Value ?? "",
  );
  expect(prefixes).toHaveLength(3);
  for (const one of prefixes) expect(prefixes.filter((other) => other.startsWith(one))).toEqual([one]);
});

/** The id of the resource that an ARN belongs to. */
function idIn(arn: unknown): string {
  return /"(\w+LambdaFunction)"/.exec(JSON.stringify(arn))?.[1] ?? "nothing";
}
