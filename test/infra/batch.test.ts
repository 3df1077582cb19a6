import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { madeOf } from "../support/made-of.ts";
import { ServiceCopy, type Template } from "../support/sls.ts";

let service: ServiceCopy;
let packaged: Template;

beforeAll(async () => {
  service = await ServiceCopy.make({ bundles: false });
  packaged = await service.package();
});

afterAll(() => service.remove());

const BATCH_HALF = /^AWS::(Batch|EC2|ECR)::/;
const properties = (made: Template, id: string): Record<string, unknown> => {
  const found = made.Resources[id];
  if (!found) throw new Error(`no resource ${id}`);
  return found.Properties;
};
const compute = (made: Template) => properties(made, "ComputeEnvironment").ComputeResources as Record<string, unknown>;
const container = (made: Template) => properties(made, "JobDefinition").ContainerProperties as Record<string, unknown>;
const typesOf = (made: Template) => new Set(Object.values(made.Resources).map(({ Type }) => Type));

test("with an existing queue and definition, none of this is created, and those are used", async () => {
  const queue = "arn:aws:batch:us-east-1:123456789012:job-queue/align";
  const made = madeOf(await service.package([`jobQueue=${queue}`, "jobDefinition=align-worker:3"]));
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
    expect(types.filter((type) => type === "AWS::EC2::Subnet")).toHaveLength(2);
    const endpoints = Object.values(made.Resources).filter(({ Type }) => Type === "AWS::EC2::VPCEndpoint");
    expect(endpoints.map(({ Properties }) => Properties.VpcEndpointType)).toEqual(["Gateway", "Gateway"]);
    expect(properties(made, "WorkerSecurityGroup")).not.toHaveProperty("SecurityGroupIngress");
    expect(container(made).NetworkConfiguration).toEqual({ AssignPublicIp: "ENABLED" });
  });

  test("or the given subnets, with our own security group in their VPC", async () => {
    const params = ["subnets=subnet-11111111,subnet-22222222", "vpcId=vpc-33333333", "publicIp=no"];
    const given = await service.package(params);
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
  test("is retried only when its host was lost", () => {
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
    expect(actionAfter("Essential container in task exited")).toBe("EXIT");
    expect(actionAfter("Task failed to start", "CannotPullContainerError: not found")).toBe("EXIT");
    expect(actionAfter("Essential container in task exited", "OutOfMemoryError: Container killed")).toBe("EXIT");
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
      ANAMO_PIPELINE_ARCHIVE: "",
      ANAMO_MAX_ATTEMPTS: "3",
      ANAMO_MAX_INTERRUPTIONS: "20",
      ANAMO_MAX_LOSSES: "5",
      ANAMO_PAUSE_AFTER: "20",
      ANAMO_WALL_TIME_HOURS: "168",
      AWS_REGION: { Ref: "AWS::Region" },
    });
  });

  test("has the requested size, on the requested kind of machine", async () => {
    const params = ["cpuArchitecture=ARM64", "jobVcpus=4", "jobMemoryMiB=16384", "diskGiB=200", "jobTimeoutHours=2"];
    const sized = await service.package(params);
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

  test("runs the newest image of the stack's repository, or a given one", () => {
    const registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}";
    expect(container(madeOf(packaged)).Image).toEqual({ "Fn::Sub": `${registry}/anamo-dev-worker:latest` });
    expect(properties(madeOf(packaged), "WorkerRepository").RepositoryName).toBe("anamo-dev-worker");
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
