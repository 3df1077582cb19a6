import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { regionNote } from "../../infra/check-parameters.ts";
import { derive } from "../../infra/derived.ts";
import { problemsOf, RULES } from "../../infra/parameters.ts";
import { ServiceCopy } from "../support/sls.ts";

const QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/align";

/** The parameters of serverless.yml. */
let defaults: Record<string, string>;

beforeAll(async () => {
  const text = await readFile(join(import.meta.dirname, "../../serverless.yml"), "utf8");
  const [, params = ""] = /^params:\n {2}default:\n((?: {4}.*\n|\n)+)/m.exec(text) ?? [];
  const lines = [...params.matchAll(/^ {4}(\w+): (.*)$/gm)].map(([, name = "", value = ""]) => [
    name,
    value.replaceAll('"', "").replaceAll(/\$\{[\w:.()]+\}/g, "dev"),
  ]);
  defaults = Object.fromEntries(lines);
});

/** A wrong value for each parameter, and what the message says was expected. */
const WRONG = [
  ["table", "a b", "the name of a DynamoDB table (3 to 255 letters, digits, . - _)"],
  ["bucket", "My-Bucket", "the name of an S3 bucket (3 to 63 lower-case letters, digits, -)"],
  ["bucket", "x".repeat(64), "the name of an S3 bucket (3 to 63 lower-case letters, digits, -)"],
  ["jobQueue", "arn:aws:sqs:us-east-1:123456789012:q", "the name or ARN of a Batch job queue, or nothing"],
  ["jobDefinition", "align:latest", "the name or ARN of a Batch job definition, or nothing"],
  ["computeType", "fargate", "FARGATE_SPOT | FARGATE | EC2_SPOT | EC2"],
  ["instanceTypes", "c7i, m7i", /^instance types or families such as c7i or m7g.large, or optimal; several separated/],
  ["cpuArchitecture", "arm", "X86_64 | ARM64"],
  ["maxvCpus", "0", "a whole number from 1 to 100000"],
  ["jobVcpus", "1.5", "a whole number from 1 to 192, or 0.25 | 0.5"],
  ["jobMemoryMiB", "2 GB", "a whole number from 64 to 3000000"],
  ["diskGiB", "20", "a whole number from 30 to 16000"],
  ["jobTimeoutHours", "169", "a whole number from 1 to 168"],
  ["vpcId", "main", "the id of a VPC, or nothing"],
  ["subnets", "subnet-0123456789abcdef0,10.0.0.0/16", /^ids of subnets; several separated by commas, at most 16/],
  ["securityGroups", "default", /^ids of security groups; several separated by commas, at most 5/],
  ["publicIp", "true", "yes | no"],
  ["zones", "us-east-1a,us-east-1b", "the ids of two availability zones such as use1-az1,use1-az2, or nothing"],
  ["hostsFrom", "new ones", "any text without blanks, such as a date"],
  ["tags", "aws:lab=x", /^tags such as project=exomes; several separated by commas, at most 40, or nothing$/],
  ["adopt", "true", "yes | no"],
  ["workerImage", "my image", "an image such as registry/name:tag, or nothing"],
  ["imageDigest", "latest", "a digest as worker:push prints it, sha256:…, or nothing"],
  ["pipelineArchive", "https://x/p.tar.gz", "an S3 location such as s3://bucket/pipeline.tar.gz, or nothing"],
  ["pipelineArchive", "s3://bucket/pipeline/", "an S3 location such as s3://bucket/pipeline.tar.gz, or nothing"],
  ["pipelineArchive", "s3://bucket/*", "an S3 location such as s3://bucket/pipeline.tar.gz, or nothing"],
  ["jobPolicies", "AmazonS3FullAccess", /^ARNs of IAM policies; several separated by commas, at most 10/],
  ["scriptCredentials", "no", "own | none"],
  ["maxImports", "1", "a whole number from 2 to 1000"],
  ["itemsPerWorker", "0", "a whole number from 1 to 999999"],
  ["maxWorkers", "10001", "a whole number from 1 to 10000"],
  ["launchAfterImport", "no!", "yes | no"],
  ["launchAfterJobs", "never", "yes | no"],
  ["launchEvery", "15", /^an interval such as .* or never$/],
  ["pauseAfter", "101", "a whole number from 0 to 100"],
  ["summarizeEvery", "5 minute", /^an interval such as/],
  ["summarizeEvery", "1 minutes", /^an interval such as/],
  ["sweepEvery", "cron(* * * * ? *)", /^an interval such as/],
  ["maxAttempts", "0", "a whole number from 1 to 999999"],
  ["maxInterruptions", "-1", "a whole number from 0 to 999999"],
  ["maxLosses", "x", "a whole number from 0 to 999999"],
  ["reservedConcurrency", "1", "yes | no"],
  ["alarmEmail", "lab", "an e-mail address, or nothing"],
  ["notify", "email", /^yes \| no$/],
  ["notifyEmail", "lab", /^an e-mail address/],
  ["metrics", "all", /^few \| steps$/],
  ["dashboard", "true", /^yes \| no$/],
  ["eventBus", "arn:aws:events:eu-west-1:123456789012:event-bus/lab", /^the name of an event bus/],
  ["slotPrice", "cheap", "the price of a slot-hour, such as 0.05 USD, or nothing"],
  ["logRetentionInDays", "31", /^1 \| 3 \| 5 /],
  ["keepOldVersionsDays", "0", "a whole number from 1 to 36500"],
  ["keepProgressDays", "ever", "a whole number from 0 to 36500"],
  ["keepReportsDays", "ever", "a whole number from 0 to 36500"],
  ["keepLogsDays", "ever", "a whole number from 0 to 36500"],
] as const;

const PLACE = { stage: "dev", region: "us-east-1" };
const wrong = (values: Record<string, string>, place = PLACE) => problemsOf({ ...defaults, ...values }, place);

test("every parameter has a rule and a default that fits it", () => {
  expect(Object.keys(defaults).toSorted()).toEqual(Object.keys(RULES).toSorted());
  expect(wrong({})).toEqual([]);
});

describe("a wrong value is rejected by name", () => {
  test.for(WRONG)("%s=%s", ([name, value, expected]) => {
    const [line = "", ...others] = wrong({ [name]: value });
    expect(others).toEqual([]);
    const [, told = "", found] = /^\w+: expected (.*); found (.*)$/.exec(line) ?? [];
    expect(line.split(":")[0]).toBe(name);
    if (typeof expected === "string") expect(told).toBe(expected);
    else expect(told).toMatch(expected);
    expect(found).toBe(JSON.stringify(value));
  });

  test("every parameter has one above", () => {
    expect(new Set(WRONG.map(([name]) => name))).toEqual(new Set(Object.keys(RULES)));
  });

  test("an unknown parameter", () => {
    expect(wrong({ maxVcpus: "16" })[0]).toMatch(/^maxVcpus: unknown parameter; known are table, bucket, /);
  });
});

test.for([
  [{ jobQueue: QUEUE, jobDefinition: "align-worker:3" }],
  [{ jobQueue: "align", jobDefinition: "arn:aws:batch:us-east-1:123456789012:job-definition/align-worker:3" }],
  [{ subnets: "subnet-0123456789abcdef0,subnet-1123456789abcdef0", vpcId: "vpc-0123456789abcdef0" }],
  [{ subnets: "subnet-12345678", securityGroups: "sg-12345678,sg-12345679", publicIp: "no" }],
  [{ computeType: "EC2", publicIp: "no" }],
  [{ computeType: "EC2_SPOT", jobVcpus: "96", jobMemoryMiB: "700000", diskGiB: "2000" }],
  [{ computeType: "EC2", cpuArchitecture: "ARM64", instanceTypes: "default_arm64,m8g.large" }],
  [{ jobVcpus: "0.25", jobMemoryMiB: "512" }],
  [{ jobVcpus: "16", jobMemoryMiB: "122880", diskGiB: "200" }],
  [{ pipelineArchive: "s3://lab-code/v2/p.tar.gz", workerImage: "public.ecr.aws/lab/tools@sha256:0123" }],
  [{ jobPolicies: "arn:aws:iam::123456789012:policy/lab/data,arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }],
  [{ launchEvery: "never", launchAfterImport: "no", maxWorkers: "10000", pauseAfter: "0" }],
  [{ summarizeEvery: "1 hour", sweepEvery: "90 minutes", alarmEmail: "lab@example.org" }],
  [{ notify: "yes", notifyEmail: "ann@example.org", metrics: "steps", dashboard: "yes", slotPrice: "0.05 USD" }],
] as const)("%o is valid", ([values]) => {
  expect(wrong(values)).toEqual([]);
});

describe("parameters that conflict are rejected", () => {
  test.for([
    [
      { workerImage: "lab/tools:1", imageDigest: `sha256:${"0a".repeat(32)}` },
      `imageDigest: expected nothing: it is for the stack's own repository; found "sha256:${"0a".repeat(32)}"`,
    ],
    [{ jobQueue: QUEUE }, "jobDefinition: expected a job definition, because jobQueue is set; found nothing"],
    [{ jobDefinition: "w" }, "jobQueue: expected a job queue, because jobDefinition is set; found nothing"],
    [{ subnets: "subnet-12345678" }, "vpcId: expected the VPC of the subnets, or securityGroups; found nothing"],
    [{ vpcId: "vpc-12345678" }, "subnets: expected subnets of the VPC; found nothing"],
    [{ securityGroups: "sg-12345678" }, "subnets: expected subnets, because securityGroups is set; found nothing"],
    [
      { computeType: "EC2", cpuArchitecture: "ARM64" },
      'instanceTypes: expected default_arm64, or types with ARM processors such as m7g; found "optimal"',
    ],
    [
      { computeType: "EC2", instanceTypes: "default_arm64" },
      'instanceTypes: expected types with x86 processors; or --param cpuArchitecture=ARM64; found "default_arm64"',
    ],
    [
      { computeType: "EC2_SPOT", instanceTypes: "c7g.large,t4g" },
      'instanceTypes: expected types with x86 processors; or --param cpuArchitecture=ARM64; found "c7g.large,t4g"',
    ],
    [
      { computeType: "EC2_SPOT", instanceTypes: "optimal,c7g" },
      'instanceTypes: expected x86 processors only, as cpuArchitecture is X86_64; found "c7g"',
    ],
    [
      { computeType: "EC2_SPOT", instanceTypes: "c7i", cpuArchitecture: "ARM64" },
      'instanceTypes: expected default_arm64, or types with ARM processors such as m7g; found "c7i"',
    ],
    [
      { zones: "usw1-az1,usw1-az3" },
      'zones: expected zones of the region us-east-1, such as use1-az1; found "usw1-az1,usw1-az3"',
    ],
    [{ computeType: "EC2", jobVcpus: "0.5" }, 'jobVcpus: expected a whole number on EC2; found "0.5"'],
    [{ jobVcpus: "8", jobMemoryMiB: "16384", maxvCpus: "4" }, /^maxvCpus: expected 8 or more, .*; found "4"$/],
    [{ publicIp: "no" }, /^publicIp: expected yes, because the stack's own network has no NAT; .*; found "no"$/],
    [{ jobVcpus: "3" }, 'jobVcpus: expected 1, 2, 4, 8, 16, 0.25, 0.5 on Fargate; found "3"'],
    [{ diskGiB: "201" }, 'diskGiB: expected at most 200 on Fargate; found "201"'],
    [
      { jobVcpus: "0.25", jobMemoryMiB: "1536" },
      'jobMemoryMiB: expected one of 512, 1024, 2048 for 0.25 vCPU on Fargate; found "1536"',
    ],
    [
      { jobVcpus: "8", jobMemoryMiB: "17408" },
      /^jobMemoryMiB: expected one of 16384, 20480, .*, 61440 for 8 vCPU on Fargate; found "17408"$/,
    ],
  ] as const)("%o", ([values, problem]) => {
    const problems = wrong(values);
    expect(problems).toEqual([typeof problem === "string" ? problem : expect.stringMatching(problem)]);
  });
});

test.for(["Prod", "lab_2", "2lab", "lab-", "lab--2", "l".repeat(29)])(
  "a stage that ECR or S3 cannot be called after is rejected: %s",
  (stage) => {
    expect(wrong({ bucket: "my-lab" }, { ...PLACE, stage })).toEqual([
      `stage: expected 1 to 28 lower-case letters, digits and single -, beginning with a letter; found "${stage}"`,
    ]);
  },
);

test.for([
  ["eu-west-2", "euw2-az1", "euw2-az2"],
  ["us-gov-east-1", "usge1-az1", "usge1-az2"],
  ["ap-southeast-7", "apse7-az1", "apse7-az2"],
  // these have zones without Fargate
  ["us-west-1", "usw1-az1", "usw1-az3"],
  ["ap-northeast-1", "apne1-az1", "apne1-az4"],
] as const)("subnets in %s are in zones that have Fargate, the same in each account", ([region, zoneA, zoneB]) => {
  expect(wrong({}, { ...PLACE, region })).toEqual([]);
  const derived = (name: string) => derive(name, { ...defaults, region });
  expect([derived("zoneA"), derived("zoneB")]).toEqual([zoneA, zoneB]);
});

test("zones without Fargate are rejected, and so is a region whose zones are unknown", () => {
  const tokyo = { ...PLACE, region: "ap-northeast-1" };
  const zones = "apne1-az1,apne1-az3";
  expect(wrong({ zones }, tokyo)).toEqual([
    `zones: expected zones of ap-northeast-1 with Fargate (apne1-az1, apne1-az2, apne1-az4); found "${zones}"`,
  ]);
  expect(wrong({ zones, computeType: "EC2" }, tokyo)).toEqual([]);
  expect(wrong({}, { ...PLACE, region: "moon-1" })).toEqual([
    expect.stringMatching(/^zones: expected two zones, because anamo does not know the region moon-1 \(--param zones=/),
  ]);
  expect(wrong({ zones: "mo1-az1,mo1-az2" }, { ...PLACE, region: "moon-1" })).toEqual([]);
});

test.for([
  [["deploy"], {}, {}, /^No region is named, so this is about us-east-1\./],
  [["remove"], {}, {}, /us-east-1/],
  [["deploy"], { region: "eu-west-2" }, {}, undefined],
  [["deploy"], {}, { AWS_REGION: "eu-west-2" }, undefined],
  [["package"], {}, {}, undefined],
  [["invoke", "local"], {}, {}, undefined],
] as const)("sls %o with %o and %o says whether a region was named", ([commands, options, env, told]) => {
  const note = regionNote({ commands: [...commands], options }, env);
  if (told) expect(note).toMatch(told);
  else expect(note).toBeUndefined();
});

test("values that CloudFormation cannot compute from parameters", () => {
  const derived = (name: string, values: Record<string, string>) => derive(name, { ...defaults, ...values });
  expect(derived("jobQueueName", { jobQueue: QUEUE })).toBe("align");
  expect(derived("jobDefinitionName", { jobDefinition: "align-worker:3" })).toBe("align-worker");
  expect(derived("jobTimeoutSeconds", { jobTimeoutHours: "2" })).toBe("7500");
  expect(derived("bucket", { bucket: "b-${AWS::Region}" })).toEqual({ "Fn::Sub": "b-${AWS::Region}" });
  expect(derived("bucket", { bucket: "my-lab" })).toBe("my-lab");
  const image = (workerImage: string) => derived("imageRepository", { workerImage });
  expect(image("123456789012.dkr.ecr.eu-west-2.amazonaws.com/a/b:1")).toBe("eu-west-2:123456789012:repository/a/b");
  expect(image("123456789012.dkr.ecr.eu-west-2.amazonaws.com/a@sha256:0")).toBe("eu-west-2:123456789012:repository/a");
  for (const host of [
    "dkr-ecr.eu-west-2.on.aws",
    "dkr.ecr-fips.eu-west-2.amazonaws.com",
    "dkr-ecr-fips.eu-west-2.on.aws",
  ])
    expect(image(`123456789012.${host}/a/b:1`)).toBe("eu-west-2:123456789012:repository/a/b");
  expect(image("docker.io/lab/tools:1")).toBe("none");
  expect(derived("maxAttempts", {})).toBe("3");
  expect(() => derived("maxAttempt", {})).toThrow("derived: unknown name maxAttempt");
});

describe("sls", () => {
  let service: ServiceCopy;

  beforeAll(async () => {
    service = await ServiceCopy.make({ bundles: false });
  });
  afterAll(() => service.remove());

  const refused = (...args: string[]): Promise<string> =>
    service.sls(["package", ...args]).then(
      () => expect.unreachable("it packaged"),
      ({ message }: Error) => message,
    );

  test("packages nothing with wrong parameters, and names them all", async () => {
    const words = await refused("--param", "sweepEvery=often", "--param", "maxvCpus=lots", "--param", "stages=2");
    expect(words).toContain("Wrong parameters:");
    expect(words).toMatch(/^ {2}sweepEvery: expected an interval such as .*; found "often"$/m);
    expect(words).toMatch(/^ {2}maxvCpus: expected a whole number .*; found "lots"$/m);
    expect(words).toMatch(/^ {2}stages: unknown parameter; known are /m);
    expect(words).not.toContain(" at ");
    await expect(service.template()).rejects.toThrow("ENOENT");
  }, 60_000);

  test("the stage overrides the defaults, and the command line overrides both", async () => {
    const file = join(service.dir, "serverless.yml");
    const text = await readFile(file, "utf8");
    await service.write("serverless.yml", text.replace("params:\n", "params:\n  lab:\n    maxvCpus: none\n"));
    expect(await refused("--stage", "lab")).toMatch(/maxvCpus: .* found "none"/);
    const template = await service.package(["maxvCpus=7"], ["--stage", "lab"]);
    expect(JSON.stringify(template.Resources.FargateSpotEnvironment)).toContain('"MaxvCpus":"7"');
  });
});
