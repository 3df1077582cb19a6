import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { derive } from "../../infra/derived.ts";
import { madeOf } from "../support/made-of.ts";
import type { Template } from "../support/sls.ts";
import { templateOf } from "../support/templates.ts";

let packaged: Template;

beforeAll(async () => {
  packaged = await templateOf();
});

const BATCH_HALF = /^AWS::(Batch|EC2|ECR)::/;
const properties = (made: Template, id: string): Record<string, unknown> => {
  const found = made.Resources[id];
  if (!found) throw new Error(`no resource ${id}`);
  return found.Properties;
};
const environment = (made: Template): Record<string, unknown> => {
  const found = Object.entries(made.Resources).filter(([, { Type }]) => Type === "AWS::Batch::ComputeEnvironment");
  expect(found).toHaveLength(1);
  const [[id = "", { Properties }] = expect.unreachable()] = found;
  expect(properties(made, "JobQueue").ComputeEnvironmentOrder).toEqual([{ Order: 1, ComputeEnvironment: { Ref: id } }]);
  return Properties;
};
const compute = (made: Template) => environment(made).ComputeResources as Record<string, unknown>;
const container = (made: Template) => properties(made, "JobDefinition").ContainerProperties as Record<string, unknown>;
const typesOf = (made: Template) => new Set(Object.values(made.Resources).map(({ Type }) => Type));

test("with an existing queue and definition, none of this is created, and those are used", async () => {
  const queue = "arn:aws:batch:us-east-1:123456789012:job-queue/align";
  const made = madeOf(await templateOf([`jobQueue=${queue}`, "jobDefinition=align-worker:3"]));
  expect([...typesOf(made)].filter((type) => BATCH_HALF.test(type))).toEqual([]);
  expect(made.Outputs.JobQueue?.Value).toBe(queue);
  expect(made.Outputs.JobDefinition?.Value).toBe("align-worker:3");
  expect(JSON.stringify(made)).not.toMatch(/"(Ref|Fn::GetAtt)":\[?"(JobQueue|JobDefinition|WorkerLogGroup|JobRole)"/);
});

describe("the compute environment", () => {
  test.for([
    ["FARGATE_SPOT", "FARGATE_SPOT"],
    ["FARGATE", "FARGATE"],
  ])("%s has no hosts", ([ComputeType = "", type]) => {
    const made = madeOf(packaged, { ComputeType });
    expect(compute(made)).toEqual({
      Type: type,
      MaxvCpus: 256,
      Subnets: [{ Ref: "SubnetA" }, { Ref: "SubnetB" }],
      SecurityGroupIds: [{ "Fn::GetAtt": ["WorkerSecurityGroup", "GroupId"] }],
    });
    expect(typesOf(made)).not.toContain("AWS::EC2::LaunchTemplate");
    expect(typesOf(made)).not.toContain("AWS::IAM::InstanceProfile");
  });

  test.for([
    ["EC2_SPOT", "SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED"],
    ["EC2", "EC2", "BEST_FIT_PROGRESSIVE"],
  ])("%s has hosts, none while there is no work", ([ComputeType = "", Type, AllocationStrategy]) => {
    const made = madeOf(packaged, { ComputeType });
    expect(compute(made)).toMatchObject({
      Type,
      AllocationStrategy,
      MinvCpus: 0,
      InstanceTypes: ["optimal"],
      InstanceRole: { "Fn::GetAtt": ["InstanceProfile", "Arn"] },
      LaunchTemplate: { LaunchTemplateId: { Ref: "LaunchTemplate" } },
    });
  });

  test("is changed in place, and another kind of it is another resource", () => {
    const idOf = (ComputeType: string) => {
      const made = madeOf(packaged, { ComputeType });
      expect(environment(made).ReplaceComputeEnvironment).toBe(false);
      return Object.keys(made.Resources).find((id) => made.Resources[id]?.Type === "AWS::Batch::ComputeEnvironment");
    };
    const kinds = ["FARGATE_SPOT", "FARGATE", "EC2_SPOT", "EC2"];
    expect(new Set(kinds.map(idOf)).size).toBe(kinds.length);
  });

  test("gets hosts with the newest system whenever hostsFrom changes; their workers may end what they do", async () => {
    const made = madeOf(packaged, { ComputeType: "EC2_SPOT" });
    expect(compute(made).UpdateToLatestImageVersion).toBe(true);
    expect(environment(made).UpdatePolicy).toEqual({ TerminateJobsOnUpdate: false, JobExecutionTimeoutMinutes: 360 });
    const dataOf = (template: Template) =>
      properties(madeOf(template, { ComputeType: "EC2_SPOT" }), "LaunchTemplate").LaunchTemplateData;
    // Batch replaces the hosts when this data, and with it the version of the launch template, changes
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, "../../package.json"), "utf8"));
    expect(JSON.stringify(dataOf(packaged))).toContain(`# ${version}\\n`);
  });

  test("hosts tell containers of a spot reclaim, encrypt their disks, and give credentials by IMDSv2 only", () => {
    const { LaunchTemplateData } = properties(madeOf(packaged, { ComputeType: "EC2_SPOT" }), "LaunchTemplate");
    expect(LaunchTemplateData).toMatchObject({
      MetadataOptions: { HttpTokens: "required" },
      BlockDeviceMappings: [{ Ebs: { VolumeSize: 30, Encrypted: true } }],
      UserData: { "Fn::Base64": expect.stringContaining("\necho ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/") },
    });
  });
});

describe("the network", () => {
  test("is a small one of its own: traffic out but not in, no hourly price", () => {
    const made = madeOf(packaged);
    const types = Object.values(made.Resources).flatMap(({ Type }) => (Type.startsWith("AWS::EC2::") ? [Type] : []));
    expect(types).not.toContain("AWS::EC2::NatGateway");
    // by id: names mean different zones in different accounts, and the order of Fn::GetAZs may change
    const subnets = Object.values(made.Resources).filter(({ Type }) => Type === "AWS::EC2::Subnet");
    expect(subnets.map(({ Properties }) => Properties.AvailabilityZoneId)).toEqual(["use1-az1", "use1-az2"]);
    expect(JSON.stringify(packaged)).not.toContain("Fn::GetAZs");
    const endpoints = Object.values(made.Resources).filter(({ Type }) => Type === "AWS::EC2::VPCEndpoint");
    expect(endpoints.map(({ Properties }) => Properties.VpcEndpointType)).toEqual(["Gateway", "Gateway"]);
    expect(properties(made, "WorkerSecurityGroup")).not.toHaveProperty("SecurityGroupIngress");
    expect(container(made).NetworkConfiguration).toEqual({ AssignPublicIp: "ENABLED" });
  });

  test("or the given subnets, with our own security group in their VPC", async () => {
    const params = ["subnets=subnet-11111111,subnet-22222222", "vpcId=vpc-33333333", "publicIp=no"];
    const given = await templateOf(params);
    const made = madeOf(given);
    expect(compute(made)).toMatchObject({
      Subnets: ["subnet-11111111", "subnet-22222222"],
      SecurityGroupIds: [{ "Fn::GetAtt": ["WorkerSecurityGroup", "GroupId"] }],
    });
    expect(properties(made, "WorkerSecurityGroup").VpcId).toBe("vpc-33333333");
    expect(container(made).NetworkConfiguration).toEqual({ AssignPublicIp: "DISABLED" });
    const ec2 = [...typesOf(made)].filter((type) => type.startsWith("AWS::EC2::"));
    expect(ec2).toEqual(["AWS::EC2::SecurityGroup"]);

    const withGroups = madeOf(given, { SecurityGroupsGiven: "sg-44444444,sg-55555555" });
    expect(compute(withGroups).SecurityGroupIds).toEqual(["sg-44444444", "sg-55555555"]);
    expect([...typesOf(withGroups)].filter((type) => type.startsWith("AWS::EC2::"))).toEqual([]);
  });
});

describe("a job", () => {
  test("is retried only when its host was lost, or could not start it for a reason that passes", () => {
    const { RetryStrategy } = properties(madeOf(packaged), "JobDefinition");
    const { Attempts, EvaluateOnExit: rules } = RetryStrategy as {
      Attempts: number;
      EvaluateOnExit: { Action: string; OnStatusReason?: string; OnReason?: string }[];
    };
    expect(Attempts).toBe(10);
    // the texts are Batch's own; its patterns allow only a `*` at the end
    const actionAfter = (statusReason: string, reason = "") => {
      const fits = (pattern: string, text: string) =>
        pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : pattern === text;
      return rules.find(({ OnStatusReason = "*", OnReason = "*" }) => {
        return fits(OnStatusReason, statusReason) && fits(OnReason, reason);
      })?.Action;
    };
    expect(actionAfter("Host EC2 (instance i-0123456789abcdef0) terminated.")).toBe("RETRY");
    expect(actionAfter("Your Spot Task was interrupted.")).toBe("RETRY");
    // Fargate could not give it a network interface, or the network was not there yet
    expect(actionAfter("Timeout waiting for network interface provisioning to complete.")).toBe("RETRY");
    expect(actionAfter("ResourceInitializationError: failed to configure ENI: timed out")).toBe("RETRY");
    expect(actionAfter("Essential container in task exited")).toBe("EXIT");
    expect(actionAfter("Task failed to start", "CannotPullContainerError: not found")).toBe("EXIT");
    expect(actionAfter("Essential container in task exited", "OutOfMemoryError: Container killed")).toBe("EXIT");
    expect(rules.length).toBeLessThanOrEqual(5);
    for (const { OnStatusReason = "", OnReason = "" } of rules) {
      expect(OnStatusReason + OnReason).toMatch(/^[A-Za-z0-9.:\s]*\*$/);
    }
  });

  test("ends a little before Batch would end it", () => {
    const made = madeOf(packaged);
    const environment = environmentOf(made);
    const { Timeout } = properties(made, "JobDefinition");
    const { AttemptDurationSeconds } = Timeout as { AttemptDurationSeconds: string };
    expect(Number(AttemptDurationSeconds) - Number(environment.ANAMO_WALL_TIME_HOURS) * 3_600).toBe(300);
  });

  test("gets its table, bucket and the rest by variables", () => {
    expect(environmentOf(madeOf(packaged))).toEqual({
      ANAMO_TABLE: { Ref: "Table" },
      ANAMO_BUCKET: { "Fn::Sub": "anamo-dev-${AWS::AccountId}-${AWS::Region}" },
      ANAMO_RESULTS: { "Fn::Sub": "s3://anamo-dev-${AWS::AccountId}-${AWS::Region}/results" },
      ANAMO_PIPELINE_ARCHIVE: "",
      ANAMO_MAX_ATTEMPTS: "3",
      ANAMO_MAX_INTERRUPTIONS: "20",
      ANAMO_MAX_LOSSES: "5",
      ANAMO_PAUSE_AFTER: "20",
      ANAMO_SCRIPT_CREDENTIALS: "own",
      ANAMO_WALL_TIME_HOURS: "168",
      AWS_REGION: { Ref: "AWS::Region" },
    });
  });

  test("and its hosts say for the bill which table and whose it is", async () => {
    const made = madeOf(await templateOf(["tags=project=exomes,center=12"]), { ComputeType: "EC2" });
    const tags = { "anamo:table": "anamo-dev", project: "exomes", center: "12" };
    expect(properties(made, "JobDefinition")).toMatchObject({ Tags: tags, PropagateTags: true });
    expect(compute(made).Tags).toEqual(tags);
  });

  test("has the requested size, on the requested kind of machine", async () => {
    const params = ["cpuArchitecture=ARM64", "jobVcpus=4", "jobMemoryMiB=16384", "diskGiB=200", "jobTimeoutHours=2"];
    const sized = await templateOf(params);
    expect(container(madeOf(sized))).toMatchObject({
      ResourceRequirements: [
        { Type: "VCPU", Value: "4" },
        { Type: "MEMORY", Value: "16384" },
      ],
      RuntimePlatform: { CpuArchitecture: "ARM64", OperatingSystemFamily: "LINUX" },
      EphemeralStorage: { SizeInGiB: "200" },
    });
    expect(properties(madeOf(sized), "JobDefinition")).toMatchObject({
      PlatformCapabilities: ["FARGATE"],
      Timeout: { AttemptDurationSeconds: "7500" },
    });
    const onHosts = madeOf(sized, { ComputeType: "EC2" });
    expect(properties(onHosts, "JobDefinition").PlatformCapabilities).toEqual(["EC2"]);
    for (const name of ["NetworkConfiguration", "RuntimePlatform", "EphemeralStorage"]) {
      expect(container(onHosts)).not.toHaveProperty(name);
    }
  });

  test("runs the newest image of the stack's repository, the one with a given digest, or another one", () => {
    const registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}";
    expect(container(madeOf(packaged)).Image).toEqual({ "Fn::Sub": `${registry}/anamo-dev-worker:latest` });
    expect(properties(madeOf(packaged), "WorkerRepository").RepositoryName).toBe("anamo-dev-worker");
    // with imageDigest exactly that image, whatever is pushed later
    const digest = `sha256:${"0a".repeat(32)}`;
    expect([derive("imageVersion", { imageDigest: "" }), derive("imageVersion", { imageDigest: digest })]).toEqual([
      ":latest",
      `@${digest}`,
    ]);
    expect(packaged.Outputs.WorkerImage?.Value).toEqual(expect.objectContaining({ "Fn::If": expect.anything() }));
    const given = madeOf(packaged, { WorkerImage: "docker.io/lab/tools:1.2" });
    expect(container(given).Image).toBe("docker.io/lab/tools:1.2");
    // removing it would delete its images
    expect(given.Resources).toHaveProperty("WorkerRepository");
  });

  test("logs to the workers' log group, which keeps logs for 30 days", () => {
    const made = madeOf(packaged);
    expect(container(made).LogConfiguration).toMatchObject({
      LogDriver: "awslogs",
      Options: { "awslogs-group": { Ref: "WorkerLogGroup" } },
    });
    expect(properties(made, "WorkerLogGroup").RetentionInDays).toBe(30);
  });
});

test("a job that can never start is canceled, one that waits for capacity is not", () => {
  const actions = properties(madeOf(packaged), "JobQueue").JobStateTimeLimitActions as Record<string, unknown>[];
  expect(actions.map(({ Reason, Action }) => [Reason, Action])).toEqual([
    ["MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", "CANCEL"],
    ["MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE", "CANCEL"],
  ]);
});

function environmentOf(made: Template): Record<string, unknown> {
  const { Environment } = container(made) as { Environment: { Name: string; Value: unknown }[] };
  return Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value]));
}
