import { zonesOf } from "../../../lib/zones.ts";
import type { Template } from "../sls.ts";

const QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/align";

/** The kinds of stacks that rules are checked for, each with a name and parameters. */
export const KINDS: readonly [string, readonly string[]][] = [
  ["FARGATE_SPOT", []],
  ["FARGATE", ["computeType=FARGATE"]],
  ["EC2_SPOT", ["computeType=EC2_SPOT", "instanceTypes=c7i,m7i.large", "diskGiB=500"]],
  ["ARM64", ["cpuArchitecture=ARM64"]],
  ["existing queue", [`jobQueue=${QUEUE}`, "jobDefinition=align-worker:3"]],
  ["existing subnets", ["subnets=subnet-11111111,subnet-22222222", "vpcId=vpc-33333333", "publicIp=no"]],
];

/** The two that most people use, two that have zones without Fargate, and two in other partitions. */
export const REGIONS = [
  "us-east-1",
  "eu-west-2",
  "us-west-1",
  "ap-northeast-1",
  "cn-north-1",
  "us-gov-west-1",
] as const;

/**
 * The template for another region: it differs only in the zones of its subnets, as a test shows, so a region does not
 * need another run of the framework.
 */
export function inRegion(template: Template, region: string): Template {
  const [a, b] = zonesOf(region) ?? [];
  if (!a || !b) throw new Error(`no zones known of ${region}`);
  const copy = structuredClone(template);
  for (const [id, zone] of [["SubnetA", a] as const, ["SubnetB", b] as const]) {
    const subnet = copy.Resources[id];
    if (subnet) subnet.Properties.AvailabilityZoneId = zone;
  }
  return copy;
}
