import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tableSchema } from "../lib/store/schema.ts";
import { madeOf } from "./support/made-of.ts";
import { ServiceCopy, type Template } from "./support/sls.ts";
import { templateOf } from "./support/templates.ts";
import { unzip } from "./support/zip.ts";

const FUNCTIONS = ["import", "summarize", "reconcile", "sweep", "launch"];
const MEGABYTE = 1024 * 1024;
const FAILED_EVENTS = { "Fn::GetAtt": ["FailedEvents", "Arn"] };

let service: ServiceCopy;
let packaged: Template;
/** `packaged` with its conditions resolved for the default parameters. */
let template: Template;
let printed: string;

beforeAll(async () => {
  service = await ServiceCopy.make();
  printed = (await service.sls(["package"])).all;
  packaged = await service.template();
  template = madeOf(packaged);
});

afterAll(() => service.remove());

test("packages without an account and without a warning", () => {
  expect(printed).toMatch(/Service packaged/);
  expect(printed).not.toMatch(/warn|deprecat|error/i);
});

test.each(FUNCTIONS)("%s is one bundled file of less than 1 MB", async (name) => {
  const files = unzip(await readFile(join(service.dir, `.serverless/${name}.zip`)));
  expect([...files.keys()]).toEqual([`functions/${name}.cjs`]);
  expect(files.get(`functions/${name}.cjs`)?.length).toBeLessThan(MEGABYTE);
});

test("the table has the library's schema and is kept when the stack is deleted, not when its first deploy failed", () => {
  const { DeletionPolicy, UpdateReplacePolicy, Properties } = resource("Table");
  const { PointInTimeRecoverySpecification, ...schema } = Properties;
  expect(schema).toEqual(tableSchema("anamo-dev"));
  expect(PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
  // with Retain, a first deploy that fails would leave it behind, and could not be repeated
  expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(["RetainExceptOnCreate", "Retain"]);
});

describe("functions", () => {
  test("run on Node.js 24 and arm64, each with its own role and log group", () => {
    const functions = ofType("AWS::Lambda::Function");
    expect(functions.map(([, { Properties }]) => Properties.FunctionName).toSorted()).toEqual(
      FUNCTIONS.map((name) => `anamo-dev-${name}`).toSorted(),
    );
    for (const [id, { Properties, DependsOn }] of functions) {
      const name = id.replace("LambdaFunction", "");
      expect(Properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"] });
      expect(Properties.Role).toEqual({ "Fn::Sub": `\${${name}Role.Arn}` });
      expect(DependsOn).toContain(`${name}LogGroup`);
    }
  });

  test("get the table, the limits and everything else they need from variables", () => {
    const environmentOf = (id: string) => (resource(id).Properties.Environment as { Variables: unknown }).Variables;
    const common = {
      ANAMO_TABLE: "anamo-dev",
      ANAMO_MAX_ATTEMPTS: "3",
      ANAMO_MAX_INTERRUPTIONS: "20",
      ANAMO_MAX_LOSSES: "5",
    };
    const withBucket = { ...common, ANAMO_BUCKET: { "Fn::Sub": "anamo-dev-${AWS::AccountId}-${AWS::Region}" } };
    expect(environmentOf("ImportLambdaFunction")).toEqual(withBucket);
    const notifies = { ANAMO_METRICS: "few", ANAMO_SLOT_PRICE: "", ANAMO_TOPIC: "" };
    expect(environmentOf("SummarizeLambdaFunction")).toEqual({ ...withBucket, ...notifies });
    expect(environmentOf("ReconcileLambdaFunction")).toEqual(common);
    expect(environmentOf("SweepLambdaFunction")).toEqual({
      ...common,
      ANAMO_JOB_QUEUE: { Ref: "JobQueue" },
      ANAMO_RESULTS: { "Fn::Sub": "s3://anamo-dev-${AWS::AccountId}-${AWS::Region}/results" },
    });
    expect(environmentOf("LaunchLambdaFunction")).toEqual({
      ...common,
      ANAMO_LAUNCH_AFTER_JOBS: "yes",
      ANAMO_JOB_QUEUE: { Ref: "JobQueue" },
      ANAMO_JOB_DEFINITION: { Ref: "JobDefinition" },
      ANAMO_ITEMS_PER_WORKER: "10",
      ANAMO_MAX_WORKERS: "100",
    });
  });

  test("run at the same time, except launch if a parameter limits it to one", () => {
    const reserved = (made: Template) =>
      Object.entries(made.Resources).flatMap(([id, { Properties }]) =>
        Properties.ReservedConcurrentExecutions === undefined ? [] : [[id, Properties.ReservedConcurrentExecutions]],
      );
    expect(reserved(template)).toEqual([]);
    expect(reserved(madeOf(packaged, { ReservedConcurrency: "yes" }))).toEqual([["LaunchLambdaFunction", 1]]);
  });

  test("have a whole processor if they compute; nothing is traced, and logs are kept for 30 days", () => {
    const memory = ofType("AWS::Lambda::Function").map(([id, { Properties }]) => [
      id.replace("LambdaFunction", ""),
      Properties.MemorySize,
    ]);
    // Lambda gives a function of 1,769 MB one vCPU, and other sizes their share of it
    expect(Object.fromEntries(memory)).toEqual({
      Import: 1_769,
      Summarize: 1_769,
      Reconcile: 512,
      Sweep: 512,
      Launch: 512,
    });
    for (const [id, { Properties }] of ofType("AWS::Lambda::Function")) {
      expect(Properties.TracingConfig, id).toBeUndefined();
      expect(resource(id.replace("LambdaFunction", "LogGroup")).Properties.RetentionInDays).toBe(30);
    }
  });

  test("are retried, and events that keep failing go to the queue of failed events", () => {
    const configs = ofType("AWS::Lambda::EventInvokeConfig").map(([, { Properties }]) => {
      const { FunctionName, MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = Properties;
      const id = (FunctionName as { Ref: string }).Ref.replace("LambdaFunction", "");
      const failed = { OnFailure: { Destination: FAILED_EVENTS } };
      // their answers start workers, if work is left
      const answered = { OnSuccess: { Destination: { "Fn::GetAtt": ["LaunchLambdaFunction", "Arn"] } } };
      const expected = id === "Reconcile" || id === "Sweep" ? { ...failed, ...answered } : failed;
      expect(DestinationConfig, id).toEqual(id === "Summarize" ? {} : expected);
      return [id, MaximumRetryAttempts, MaximumEventAgeInSeconds];
    });
    expect(configs.toSorted()).toEqual([
      ["Import", 2, 21_600],
      ["Launch", 2, 3_600],
      ["Reconcile", 2, 21_600],
      // the next one comes on schedule, and a summary that ran out of time would only do so again
      ["Summarize", 0, 3_600],
      ["Sweep", 2, 3_600],
    ]);
  });

  test("have rules whose undelivered events go to the queue of failed events", () => {
    for (const [id, { Properties }] of ofType("AWS::Events::Rule")) {
      for (const target of Properties.Targets as Record<string, unknown>[]) {
        expect(target.DeadLetterConfig, id).toEqual({ Arn: FAILED_EVENTS });
        expect(target.RetryPolicy, id).toEqual({ MaximumEventAgeInSeconds: 3_600, MaximumRetryAttempts: 20 });
      }
    }
  });

  test("the import may start itself through the bucket", () => {
    expect(resource("ImportLambdaFunction").Properties).toMatchObject({ RecursiveLoop: "Allow", Timeout: 900 });
  });
});

describe("triggers", () => {
  test("files under imports/ and continuations/ go to the queue of imports; import reports start launch", () => {
    const created = (...rules: { Name: string; Value: string }[]) => ({
      Event: "s3:ObjectCreated:*",
      Filter: { S3Key: { Rules: rules } },
    });
    const QueueConfigurations = ["imports/", "continuations/"].map((Value) => ({
      ...created({ Name: "prefix", Value }),
      Queue: { "Fn::GetAtt": ["ImportQueue", "Arn"] },
    }));
    const reports = {
      ...created({ Name: "prefix", Value: "reports/imports/" }, { Name: "suffix", Value: ".json" }),
      Function: { "Fn::GetAtt": ["LaunchLambdaFunction", "Arn"] },
    };
    const configurations = (made: Template) => made.Resources.Bucket?.Properties.NotificationConfiguration;
    expect(configurations(template)).toEqual({ QueueConfigurations, LambdaConfigurations: [reports] });
    const off = madeOf(packaged, { LaunchAfterImport: "no" });
    expect(configurations(off)).toEqual({ QueueConfigurations, LambdaConfigurations: [] });
  });

  test("a few files are imported at once, each by a call of its own", async () => {
    const mapping = (made: Template) => made.Resources.QueueImports?.Properties;
    expect(mapping(template)).toMatchObject({
      EventSourceArn: { "Fn::GetAtt": ["ImportQueue", "Arn"] },
      FunctionName: { Ref: "ImportLambdaFunction" },
      BatchSize: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      // half of what a new account may run
      ScalingConfig: { MaximumConcurrency: 5 },
    });
    expect(mapping(await templateOf(["maxImports=50"]))?.ScalingConfig).toEqual({ MaximumConcurrency: 50 });
  });

  test("a file waits for 14 days, and for six time limits of an import that does not start; five failures end it", () => {
    const { Timeout } = resource("ImportLambdaFunction").Properties;
    expect(resource("ImportQueue").Properties).toMatchObject({
      MessageRetentionPeriod: 14 * 24 * 3_600,
      // AWS Lambda Developer Guide, "Using Lambda with Amazon SQS": six times the time limit, and 5 deliveries or more
      VisibilityTimeout: 6 * Number(Timeout),
      RedrivePolicy: { deadLetterTargetArn: FAILED_EVENTS, maxReceiveCount: 5 },
    });
  });

  test("only the account's own bucket may call the functions", () => {
    for (const id of ["BucketMayImport", "BucketMayLaunch"]) {
      expect(resource(id).Properties).toMatchObject({
        Principal: "s3.amazonaws.com",
        SourceAccount: { Ref: "AWS::AccountId" },
      });
    }
  });

  test("the bucket is made after what allows its notifications, as S3 tries them out", () => {
    expect(resource("Bucket").DependsOn).toEqual(["ImportQueuePolicy", "BucketMayLaunch"]);
  });

  test("summarize, sweep and launch run on a schedule", () => {
    const rules = ofType("AWS::Events::Rule").flatMap(([, { Properties }]) =>
      Properties.ScheduleExpression ? [[Properties.Name, Properties.ScheduleExpression, Properties.State]] : [],
    );
    expect(rules.toSorted()).toEqual([
      ["anamo-dev-launch-schedule", { "Fn::Sub": "rate(${LaunchEvery})" }, "ENABLED"],
      ["anamo-dev-summarize-rule-1", "rate(5 minutes)", "ENABLED"],
      ["anamo-dev-sweep-rule-1", "rate(5 minutes)", "ENABLED"],
    ]);
  });

  test("Batch events of the stack's own queue, or of an existing one, start reconcile", () => {
    const jobQueueOf = (made: Template) => {
      const { source, "detail-type": type, detail } = batchPattern(made);
      expect([source, type]).toEqual([["aws.batch"], ["Batch Job State Change"]]);
      // not RUNNABLE for a job that has not run yet, because each child of an array sends one
      expect(detail.$or).toEqual([
        { status: ["FAILED", "SUCCEEDED"] },
        { status: ["RUNNABLE"], attempts: { stoppedAt: [{ exists: true }] } },
      ]);
      return detail.jobQueue;
    };
    expect(jobQueueOf(template)).toEqual([{ Ref: "JobQueue" }]);
    const arn = "arn:${AWS::Partition}:batch:${AWS::Region}:${AWS::AccountId}:job-queue/";
    expect(jobQueueOf(madeOf(packaged, { JobQueueGiven: "align" }))).toEqual([{ "Fn::Sub": arn }]);
  });
});

describe("the bucket", () => {
  test("is private, encrypted, versioned and owned by the account; it outlives the stack, not a first deploy that failed", () => {
    expect(resource("Bucket")).toMatchObject({
      DeletionPolicy: "RetainExceptOnCreate",
      UpdateReplacePolicy: "Retain",
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
        VersioningConfiguration: { Status: "Enabled" },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
        },
      },
    });
    // a stack that adopts the bucket could not create its policy again
    expect(resource("BucketPolicy").DeletionPolicy).toBeUndefined();
  });

  test("expires old versions, unfinished uploads and dated summaries; logs and reports only if a parameter says so", () => {
    const rulesOf = (made: Template) => {
      const configuration = made.Resources.Bucket?.Properties.LifecycleConfiguration;
      const { Rules: rules } = configuration as { Rules: Record<string, unknown>[] };
      return Object.fromEntries(rules.map(({ Id, Status, ...rule }) => [`${Id} ${Status}`, rule]));
    };
    const always = {
      "old-versions Enabled": {
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        ExpiredObjectDeleteMarker: true,
      },
      "uploads-that-never-ended Enabled": { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    };
    const progress = { "progress Enabled": { Prefix: "progress/2", ExpirationInDays: 30 } };
    expect(rulesOf(template)).toEqual({ ...always, ...progress });
    expect("progress/latest.json".startsWith("progress/2")).toBe(false);
    const told = madeOf(packaged, { KeepProgressDays: "0", KeepLogsDays: "365", KeepReportsDays: "90" });
    expect(Object.keys(rulesOf(told))).toEqual([...Object.keys(always), "reports Enabled", "logs Enabled"]);
  });
});

test("failed events are kept encrypted for 14 days", () => {
  expect(resource("FailedEvents").Properties).toMatchObject({
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: 14 * 24 * 3_600,
  });
});

test("the outputs are the names that a user needs", () => {
  const values = (made: Template) =>
    Object.fromEntries(Object.entries(made.Outputs).map(([id, { Value }]) => [id, Value]));
  const mine = {
    TableName: { Ref: "Table" },
    BucketName: { Ref: "Bucket" },
    LaunchFunction: { Ref: "LaunchLambdaFunction" },
    SummarizeFunction: { Ref: "SummarizeLambdaFunction" },
    AlarmTopic: { Ref: "AlarmTopic" },
  };
  expect(values(template)).toMatchObject({
    ...mine,
    JobQueue: { Ref: "JobQueue" },
    JobDefinition: "anamo-dev-worker",
    WorkerRepository: { "Fn::GetAtt": ["WorkerRepository", "RepositoryUri"] },
    CpuArchitecture: "X86_64",
  });
  // without a revision, the newest one is used
  expect(resource("JobDefinition").Properties.JobDefinitionName).toBe("anamo-dev-worker");
  expect(values(madeOf(packaged, { WorkerImage: "lab/tools:1" }))).toHaveProperty("WorkerRepository");
  expect(values(madeOf(packaged, { JobQueueGiven: "align" }))).not.toHaveProperty("WorkerRepository");
});

function resource(id: string) {
  const found = template.Resources[id];
  if (!found) throw new Error(`no resource ${id}`);
  return found;
}

function ofType(type: string) {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

interface BatchPattern {
  source: string[];
  "detail-type": string[];
  detail: Record<string, unknown>;
}

function batchPattern({ Resources }: Template): BatchPattern {
  const rules = Object.values(Resources).filter(
    ({ Type, Properties }) => Type === "AWS::Events::Rule" && JSON.stringify(Properties.Targets).includes("Reconcile"),
  );
  expect(rules).toHaveLength(1);
  return rules[0]?.Properties.EventPattern as BatchPattern;
}
