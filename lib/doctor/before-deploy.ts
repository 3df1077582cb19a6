import { zonesOf } from "../zones.ts";
import { type Check, deployWith, type Finding, ok, problem, unseen, warning } from "./finding.ts";

/** Quotas: AWS Service Quotas, "VPCs per Region", "Concurrent executions", "Fargate Spot vCPU resource count". */
const VPCS = ["vpc", "L-F678F1CE"] as const;
const FUNCTIONS = ["lambda", "L-B99A9384"] as const;
const SPOT_VCPUS = ["fargate", "L-36FBB829"] as const;
/** With fewer, functions keep each other waiting, as in a new account. */
const ENOUGH_FUNCTIONS = 100;
const ENOUGH_VCPUS = 64;

const raise = ([service, quota]: readonly [string, string], to: number) =>
  `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${quota} --desired-value ${to}`;

const quotaOf = ([service, quota]: readonly [string, string]) => [
  ...["service-quotas", "get-service-quota", "--service-code", service, "--quota-code", quota],
];

/** The roles that Batch, ECS and EC2 Spot themselves use: without them a first deploy may fail. */
export const roles: Check = async (ask) => {
  const services = [
    ["batch", "AWSServiceRoleForBatch"],
    ["ecs", "AWSServiceRoleForECS"],
    ["spot", "AWSServiceRoleForEC2Spot"],
  ] as const;
  return Promise.all(
    services.map(async ([service, role]): Promise<Finding> => {
      const found = await ask(["iam", "get-role", "--role-name", role]);
      if (found.ok) return ok(`the role ${role} exists`);
      if (found.code !== "NoSuchEntity") return unseen(`the role ${role}`, found);
      const make = `aws iam create-service-linked-role --aws-service-name ${service}.amazonaws.com`;
      const what = `the role ${role} does not exist`;
      return service === "spot"
        ? warning(`${what}: only computeType=EC2_SPOT needs it`, make)
        : problem(`${what}: the first deploy of a new account may fail without it`, make);
    }),
  );
};

/** The zones of the stack's own network. */
export const zones: Check = async (ask, { region, stage }) => {
  const wanted = zonesOf(region);
  if (!wanted) return [problem(`anamo does not know the zones of ${region}`, deployWith(stage, "zones=…,…"))];
  const found = await ask(["ec2", "describe-availability-zones"]);
  if (!found.ok) return [unseen("the availability zones", found)];
  const { AvailabilityZones: all } = found.json as { AvailabilityZones: { ZoneId: string; State: string }[] };
  const usable = all.filter(({ State }) => State === "available").map(({ ZoneId }) => ZoneId);
  const missing = wanted.filter((zone) => !usable.includes(zone));
  if (missing.length === 0) return [ok(`the zones ${wanted.join(" and ")} are there, and have Fargate`)];
  const others = usable.slice(0, 2).join(",");
  return [problem(`this account has no zone ${missing.join(" and ")}`, deployWith(stage, `zones=${others}`))];
};

/** The stack creates its own VPC; an account may have 5 per region. */
export const vpcs: Check = async (ask, { stage }) => {
  const [found, quota] = await Promise.all([ask(["ec2", "describe-vpcs"]), ask(quotaOf(VPCS))]);
  if (!found.ok) return [unseen("the VPCs", found)];
  const { Vpcs } = found.json as { Vpcs: object[] };
  const most = quota.ok ? quotaValue(quota.json) : 5;
  if (Vpcs.length < most) return [ok(`there is room for the stack's VPC: ${Vpcs.length} of ${most}`)];
  const own = deployWith(stage, "subnets=subnet-…,subnet-…", "vpcId=vpc-…");
  return [problem(`the account has all ${most} VPCs that it may have in this region`, raise(VPCS, most + 5), own)];
};

/** How many functions and vCPUs the account may use at once. */
export const quotas: Check = async (ask) => {
  const [functions, vcpus] = await Promise.all([ask(["lambda", "get-account-settings"]), ask(quotaOf(SPOT_VCPUS))]);
  return [functionsFinding(functions), vcpusFinding(vcpus)];
};

function functionsFinding(found: Awaited<ReturnType<Parameters<Check>[0]>>): Finding {
  if (!found.ok) return unseen("the account's limit of functions", found);
  const { AccountLimit } = found.json as { AccountLimit: { ConcurrentExecutions: number } };
  const { ConcurrentExecutions: most } = AccountLimit;
  if (most >= ENOUGH_FUNCTIONS) return ok(`${most} functions may run at once`);
  const what = `only ${most} functions may run at once: imports of many files keep each other waiting`;
  return warning(what, raise(FUNCTIONS, 1_000));
}

function vcpusFinding(found: Awaited<ReturnType<Parameters<Check>[0]>>): Finding {
  if (!found.ok) return unseen("the account's limit of vCPUs on Fargate Spot", found);
  const most = quotaValue(found.json);
  if (most >= ENOUGH_VCPUS) return ok(`${most} vCPUs of Fargate Spot may be used at once`);
  return warning(`only ${most} vCPUs of Fargate Spot may be used at once, for all workers`, raise(SPOT_VCPUS, 256));
}

/** Names that an earlier stack, or somebody else, may have taken. Checked only while the stack does not exist. */
export const names: Check = async (ask, { stage, stack, account, region }) => {
  const bucket = `${stack}-${account}-${region}`;
  const adopt = `${deployWith(stage, "adopt=yes")}: takes over what is in it`;
  const [ofTable, ofBucket] = await Promise.all([
    ask(["dynamodb", "describe-table", "--table-name", stack]),
    ask(["s3api", "head-bucket", "--bucket", bucket]),
  ]);
  const table = ofTable.ok
    ? problem(`a table ${stack} exists, but the stack does not`, adopt, deployWith(stage, "table=…"))
    : ofTable.code === "ResourceNotFoundException"
      ? ok(`the table's name ${stack} is free`)
      : unseen(`the table ${stack}`, ofTable);
  if (ofBucket.ok) {
    const policy = `aws s3api delete-bucket-policy --bucket ${bucket}`;
    return [table, problem(`a bucket ${bucket} exists, but the stack does not`, policy, adopt)];
  }
  if (ofBucket.code === "404") return [table, ok(`the bucket's name ${bucket} is free`)];
  if (ofBucket.code !== "403") return [table, unseen(`the bucket ${bucket}`, ofBucket)];
  return [table, problem(`a bucket ${bucket} belongs to somebody else`, deployWith(stage, "bucket=…"))];
};

function quotaValue(json: unknown): number {
  return (json as { Quota: { Value: number } }).Quota.Value;
}
