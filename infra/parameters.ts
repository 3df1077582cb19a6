import { withoutFargate, zonesOf } from "../lib/zones.ts";
import { fargateMismatches, wrongForEc2 } from "./machines.ts";
import { either, list, mismatch, often, oneOf, optional, type Rule, text, whole } from "./parameter-rules.ts";

/** Values by parameter name. */
export type Values = Readonly<Record<string, string>>;

/** The stage and region that a stack is deployed to. */
export interface Place {
  stage: string;
  region: string;
}

const BATCH_NAME = "[A-Za-z0-9][\\w-]{0,127}";
const batch = (kind: string, ending = "") =>
  new RegExp(`^(arn:aws[\\w-]*:batch:[\\w-]+:\\d{12}:${kind}/)?${BATCH_NAME}${ending}$`);
const YES_NO = oneOf("yes", "no");
/** The retention periods that CloudWatch Logs allows, in days. */
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
  zones: optional(
    text(
      "the ids of two availability zones such as use1-az1,use1-az2",
      /^([a-z]{2,6}\d-az\d),(?!\1)[a-z]{2,6}\d-az\d$/,
    ),
  ),
  hostsFrom: text("any text without blanks, such as a date", /^[\w.+-]{1,100}$/),
  workerImage: optional(text("an image such as registry/name:tag", /^[\w.:/@-]{1,255}$/)),
  imageDigest: optional(text("a digest as worker:push prints it, sha256:…", /^sha256:[0-9a-f]{64}$/)),
  pipelineArchive: optional(
    text(
      "an S3 location such as s3://bucket/pipeline.tar.gz",
      /^s3:\/\/[a-z0-9][a-z0-9.-]{2,62}\/[^\s*?$]{0,899}[^\s*?$/]$/,
    ),
  ),
  jobPolicies: optional(
    list(text("ARNs of IAM policies", /^arn:aws[\w-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]{1,512}$/), 10),
  ),
  scriptCredentials: oneOf("own", "none"),
  // the range that Lambda allows for a queue
  maxImports: whole(2, 1_000),
  // functions/config.ts reads six digits
  itemsPerWorker: whole(1, 999_999),
  // the largest array job
  maxWorkers: whole(1, 10_000),
  launchAfterImport: YES_NO,
  launchAfterJobs: YES_NO,
  // each of these items has a mark on the settings row: worker/flags.ts
  pauseAfter: whole(0, 100),
  launchEvery: either(often, oneOf("never")),
  summarizeEvery: often,
  sweepEvery: often,
  maxAttempts: whole(1, 999_999),
  maxInterruptions: whole(0, 999_999),
  maxLosses: whole(0, 999_999),
  reservedConcurrency: YES_NO,
  // AWS allows 50 tags; some services allow fewer characters than others
  tags: optional(
    list(text("tags such as project=exomes", /^(?!aws:|anamo:)[\w.:/+@-]{1,128}=[\w.:/+@ -]{0,256}$/i), 40),
  ),
  adopt: YES_NO,
  alarmEmail: optional(text("an e-mail address", /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/)),
  notify: YES_NO,
  notifyEmail: optional(text("an e-mail address", /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/)),
  metrics: oneOf("few", "steps"),
  dashboard: YES_NO,
  eventBus: optional(text("the name of an event bus of this account and region, such as default", /^[\w.-]{1,256}$/)),
  slotPrice: optional(text("the price of a slot-hour, such as 0.05 USD", /^\d+(?:\.\d+)? ?(?:\p{L}{1,8}|\p{Sc})?$/u)),
  logRetentionInDays: oneOf(...RETENTION),
  keepOldVersionsDays: whole(1, 36_500),
  keepProgressDays: whole(0, 36_500),
  keepReportsDays: whole(0, 36_500),
  keepLogsDays: whole(0, 36_500),
};

/** What repositories and buckets can be called: ECR and S3 allow no capitals, and S3 63 characters in total. */
const STAGE = /^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,27}$/;

/** The problems, one line each: the parameter, what was expected, what was found. */
export function problemsOf(values: Values, { stage, region }: Place): string[] {
  if (!STAGE.test(stage)) {
    return [mismatch("stage", "1 to 28 lower-case letters, digits and single -, beginning with a letter", stage)];
  }
  const wrong = Object.entries(values).flatMap(([name, value]) => {
    const rule = RULES[name];
    if (!rule) return [`${name}: unknown parameter; known are ${Object.keys(RULES).join(", ")}`];
    return rule.fits(value) ? [] : [mismatch(name, rule.expected, value)];
  });
  const areAllKnown = Object.keys(RULES).every((name) => name in values);
  return wrong.length === 0 && areAllKnown ? combinedMismatches(values, region) : wrong;
}

/** Conflicts between parameters; checked only when all are present and each one is valid. */
function combinedMismatches(values: Values, region: string): string[] {
  const { jobQueue, jobDefinition, subnets, vpcId, securityGroups, computeType } = values;
  const wrong: string[] = [];
  const expect = (isRight: boolean, name: string, expected: string) => {
    if (!isRight) wrong.push(mismatch(name, expected, values[name] ?? ""));
  };
  expect(!jobQueue || Boolean(jobDefinition), "jobDefinition", "a job definition, because jobQueue is set");
  expect(!jobDefinition || Boolean(jobQueue), "jobQueue", "a job queue, because jobDefinition is set");
  expect(!subnets || Boolean(vpcId || securityGroups), "vpcId", "the VPC of the subnets, or securityGroups");
  expect(!vpcId || Boolean(subnets), "subnets", "subnets of the VPC");
  expect(!securityGroups || Boolean(subnets), "subnets", "subnets, because securityGroups is set");
  const { workerImage, imageDigest } = values;
  expect(!imageDigest || !(workerImage || jobQueue), "imageDigest", "nothing: it is for the stack's own repository");
  if (jobQueue) return wrong;
  const { jobVcpus = "", maxvCpus, publicIp } = values;
  expect(Number(maxvCpus) >= Number(jobVcpus), "maxvCpus", `${jobVcpus} or more, the jobVcpus of one worker`);
  if (computeType?.startsWith("FARGATE")) {
    const hasWayOut = publicIp === "yes" || Boolean(subnets);
    expect(hasWayOut, "publicIp", "yes, because the stack's own network has no NAT; or your own subnets");
    wrong.push(...fargateMismatches(values));
  } else {
    wrong.push(...wrongForEc2(values));
  }
  if (!subnets) wrong.push(...zoneMismatches(values, region));
  return wrong;
}

/** What is wrong with the zones of the stack's own network. */
function zoneMismatches({ zones = "", computeType = "" }: Values, region: string): string[] {
  const chosen = zones ? zones.split(",") : zonesOf(region);
  const how = `--param zones=…, from: aws ec2 describe-availability-zones --region ${region} --query "AvailabilityZones[].ZoneId"`;
  if (!chosen)
    return [mismatch("zones", `two zones, because anamo does not know the region ${region} (${how})`, zones)];
  const [first = ""] = zonesOf(region) ?? [];
  const prefix = first.split("-")[0] ?? "";
  if (prefix && chosen.some((zone) => !zone.startsWith(`${prefix}-`))) {
    return [mismatch("zones", `zones of the region ${region}, such as ${prefix}-az1`, zones)];
  }
  if (!computeType.startsWith("FARGATE")) return [];
  const { wrong, right } = withoutFargate(region, chosen);
  return wrong.length === 0 ? [] : [mismatch("zones", `zones of ${region} with Fargate (${right.join(", ")})`, zones)];
}
