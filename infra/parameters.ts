import { either, list, often, oneOf, optional, type Rule, text, whole } from "./parameter-rules.ts";

/** Values by parameter name. */
export type Values = Readonly<Record<string, string>>;

const BATCH_NAME = "[A-Za-z0-9][\\w-]{0,127}";
const batch = (kind: string, ending = "") =>
  new RegExp(`^(arn:aws[\\w-]*:batch:[\\w-]+:\\d{12}:${kind}/)?${BATCH_NAME}${ending}$`);
const YES_NO = oneOf("yes", "no");
/** What CloudWatch Logs allows, in days. */
const RETENTION = "1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653".split(" ");

/** What each parameter of serverless.yml may be. */
export const RULES: Readonly<Record<string, Rule>> = {
  table: text("the name of a DynamoDB table (3 to 255 letters, digits, . - _)", /^[\w.-]{3,255}$/),
  bucket: text("the name of an S3 bucket (3 to 63 lower-case letters, digits, -)", /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/),
  jobQueue: optional(text("the name or ARN of a Batch job queue", batch("job-queue"))),
  jobDefinition: optional(text("the name or ARN of a Batch job definition", batch("job-definition", "(:\\d{1,9})?"))),
  computeType: oneOf("FARGATE_SPOT", "FARGATE", "EC2_SPOT", "EC2"),
  instanceTypes: list(
    text("instance types or families such as c7i or m7g.large, or optimal", /^[a-z][\w-]*(\.[\w-]+)?$/),
    50,
  ),
  cpuArchitecture: oneOf("X86_64", "ARM64"),
  maxvCpus: whole(1, 100_000),
  jobVcpus: either(whole(1, 192), oneOf("0.25", "0.5")),
  jobMemoryMiB: whole(64, 3_000_000),
  diskGiB: whole(30, 16_000),
  jobTimeoutHours: whole(1, 168),
  vpcId: optional(text("the id of a VPC", /^vpc-[0-9a-f]{8,17}$/)),
  subnets: optional(list(text("ids of subnets", /^subnet-[0-9a-f]{8,17}$/), 16)),
  securityGroups: optional(list(text("ids of security groups", /^sg-[0-9a-f]{8,17}$/), 5)),
  publicIp: YES_NO,
  workerImage: optional(text("an image such as registry/name:tag", /^[\w.:/@-]{1,255}$/)),
  pipelineArchive: optional(
    text(
      "an S3 location such as s3://bucket/pipeline.tar.gz",
      /^s3:\/\/[a-z0-9][a-z0-9.-]{2,62}\/[^\s*?$]{0,899}[^\s*?$/]$/,
    ),
  ),
  jobPolicies: optional(
    list(text("ARNs of IAM policies", /^arn:aws[\w-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]{1,512}$/), 10),
  ),
  // functions/config.ts reads six digits
  itemsPerWorker: whole(1, 999_999),
  // the largest array job
  maxWorkers: whole(1, 10_000),
  launchAfterImport: YES_NO,
  // each of these items has a mark on the settings row: worker/flags.ts
  pauseAfter: whole(0, 100),
  launchEvery: either(often, oneOf("never")),
  summarizeEvery: often,
  sweepEvery: often,
  maxAttempts: whole(1, 999_999),
  maxInterruptions: whole(0, 999_999),
  maxLosses: whole(0, 999_999),
  reservedConcurrency: YES_NO,
  alarmEmail: optional(text("an e-mail address", /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/)),
  logRetentionInDays: oneOf(...RETENTION),
  keepOldVersionsDays: whole(1, 36_500),
  keepProgressDays: whole(0, 36_500),
  keepReportsDays: whole(0, 36_500),
  keepLogsDays: whole(0, 36_500),
};

/** The problems, one line each: the parameter, what was expected, what was found. */
export function problemsOf(values: Values): string[] {
  const wrong = Object.entries(values).flatMap(([name, value]) => {
    const rule = RULES[name];
    if (!rule) return [`${name}: unknown parameter; known are ${Object.keys(RULES).join(", ")}`];
    return rule.fits(value) ? [] : [told(name, rule.expected, value)];
  });
  const areAllKnown = Object.keys(RULES).every((name) => name in values);
  return wrong.length === 0 && areAllKnown ? togetherWrong(values) : wrong;
}

/** Conflicts between parameters; only checked when all are present and each one is valid. */
function togetherWrong(values: Values): string[] {
  const { jobQueue, jobDefinition, subnets, vpcId, securityGroups, computeType, cpuArchitecture } = values;
  const wrong: string[] = [];
  const expect = (isRight: boolean, name: string, expected: string) => {
    if (!isRight) wrong.push(told(name, expected, values[name] ?? ""));
  };
  expect(!jobQueue || Boolean(jobDefinition), "jobDefinition", "a job definition, because jobQueue is set");
  expect(!jobDefinition || Boolean(jobQueue), "jobQueue", "a job queue, because jobDefinition is set");
  expect(!subnets || Boolean(vpcId || securityGroups), "vpcId", "the VPC of the subnets, or securityGroups");
  expect(!vpcId || Boolean(subnets), "subnets", "subnets of the VPC");
  expect(!securityGroups || Boolean(subnets), "subnets", "subnets, because securityGroups is set");
  if (jobQueue) return wrong;
  const { jobVcpus = "", maxvCpus, publicIp } = values;
  expect(Number(maxvCpus) >= Number(jobVcpus), "maxvCpus", `${jobVcpus} or more, the jobVcpus of one worker`);
  if (computeType?.startsWith("FARGATE")) {
    const hasWayOut = publicIp === "yes" || Boolean(subnets);
    expect(hasWayOut, "publicIp", "yes, because the stack's own network has no NAT; or your own subnets");
    wrong.push(...wrongForFargate(values));
  } else {
    const isOwnChoice = !/(^|,)(optimal|default_x86_64)(,|$)/.test(values.instanceTypes ?? "");
    const isArm = cpuArchitecture === "ARM64";
    expect(!isArm || isOwnChoice, "instanceTypes", "default_arm64, or types with ARM processors such as m7g");
    expect(isArm || !values.instanceTypes?.includes("default_arm64"), "instanceTypes", "types with x86 processors");
    expect(/^\d+$/.test(values.jobVcpus ?? ""), "jobVcpus", "a whole number on EC2");
  }
  return wrong;
}

/** Memory per vCPUs on Fargate, in GiB: from, to, step (Batch API reference, ResourceRequirement). */
const FARGATE: Readonly<Record<string, readonly [number, number, number]>> = {
  "0.25": [0.5, 2, 0.5],
  "0.5": [1, 4, 1],
  "1": [2, 8, 1],
  "2": [4, 16, 1],
  "4": [8, 30, 1],
  "8": [16, 60, 4],
  "16": [32, 120, 8],
};

function wrongForFargate({ jobVcpus = "", jobMemoryMiB = "", diskGiB = "" }: Values): string[] {
  const wrong = Number(diskGiB) <= 200 ? [] : [told("diskGiB", "at most 200 on Fargate", diskGiB)];
  const memory = FARGATE[jobVcpus];
  if (!memory) return [...wrong, told("jobVcpus", `${Object.keys(FARGATE).join(", ")} on Fargate`, jobVcpus)];
  const allowed = fargateMemoryMiB(memory);
  if (allowed.includes(Number(jobMemoryMiB))) return wrong;
  return [...wrong, told("jobMemoryMiB", `one of ${allowed.join(", ")} for ${jobVcpus} vCPU on Fargate`, jobMemoryMiB)];
}

function fargateMemoryMiB([least, most, step]: readonly [number, number, number]): number[] {
  const count = (most - least) / step + 1;
  // for a quarter of a vCPU Fargate has 0.5, 1 and 2 GiB, not 1.5
  return Array.from({ length: count }, (_, i) => (least + i * step) * 1024).filter((mib) => mib !== 1536);
}

function told(name: string, expected: string, found: string): string {
  return `${name}: expected ${expected}; found ${found === "" ? "nothing" : JSON.stringify(found)}`;
}
