import { createServer } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Answer, Ask } from "../../../lib/doctor/ask.ts";
import { diagnose } from "../../../lib/doctor/diagnose.ts";
import type { Finding } from "../../../lib/doctor/finding.ts";
import { closeServer, listenOnLoopback } from "../../../local/loopback.ts";

const LAB = { stage: "lab", stack: "anamo-lab", region: "eu-west-2" };
const refusal = (code: string): Answer => ({ ok: false, code, message: "no" });

type Answers = Readonly<Record<string, Answer | object>>;

/** An account that gives these answers to operations; `aws service-quotas …` by the quota. */
function account(answers: Answers): Ask {
  return async ([, operation = "", ...args]) => {
    const found = answers[[operation, args.at(-1)].join(" ")] ?? answers[operation];
    if (found === undefined) throw new Error(`unexpected: ${operation} ${args.join(" ")}`);
    return "ok" in found ? (found as Answer) : { ok: true, json: found };
  };
}

/** A new account in which nothing is in the way. */
const FRESH: Answers = {
  "get-caller-identity": { Account: "123456789012", Arn: "arn:aws:iam::123456789012:user/ann" },
  "describe-stacks": refusal("ValidationError"),
  "get-role": { Role: {} },
  "describe-availability-zones": {
    AvailabilityZones: ["euw2-az1", "euw2-az2", "euw2-az3"].map((ZoneId) => ({ ZoneId, State: "available" })),
  },
  "describe-vpcs": { Vpcs: [{}] },
  "get-service-quota L-F678F1CE": { Quota: { Value: 5 } },
  "get-service-quota L-36FBB829": { Quota: { Value: 256 } },
  "get-account-settings": { AccountLimit: { ConcurrentExecutions: 1_000 } },
  "describe-table": refusal("ResourceNotFoundException"),
  "head-bucket": refusal("404"),
};

const ARN = "arn:aws:sns:eu-west-2:123456789012:anamo-lab-alarms";
const OUTPUTS = {
  TableName: "anamo-lab",
  BucketName: "lab-bucket",
  JobQueue: "queue",
  WorkerRepository: "123456789012.dkr.ecr.eu-west-2.amazonaws.com/anamo-lab-worker",
  CpuArchitecture: "X86_64",
  AlarmTopic: ARN,
};
const outputs = Object.entries(OUTPUTS).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
const imageFor = (architecture: string, imageDigest = "sha256:new") => ({
  images: [
    { imageId: { imageDigest }, imageManifest: JSON.stringify({ manifests: [{ platform: { architecture } }] }) },
  ],
});

/** A stack that works. */
const DEPLOYED: Answers = {
  ...FRESH,
  "describe-stacks": { Stacks: [{ StackStatus: "UPDATE_COMPLETE", Outputs: outputs }] },
  "describe-job-queues": { jobQueues: [{ state: "ENABLED", computeEnvironmentOrder: [{ computeEnvironment: "ce" }] }] },
  "describe-compute-environments": { computeEnvironments: [{ state: "ENABLED", status: "VALID" }] },
  "batch-get-image": imageFor("amd64"),
  "list-rules": {
    Rules: ["reconcile", "summarize", "sweep"].map((name) => ({ Name: `anamo-lab-${name}-rule-1`, State: "ENABLED" })),
  },
  "get-bucket-notification-configuration": {
    QueueConfigurations: ["imports/", "continuations/"].map((Value) => ({
      Filter: { Key: { FilterRules: [{ Name: "Prefix", Value }] } },
    })),
  },
  "list-event-source-mappings": { EventSourceMappings: [{ UUID: "14e0db71", State: "Enabled" }] },
  "describe-alarms": { MetricAlarms: [{ AlarmName: "anamo-lab-throttled", StateValue: "OK" }] },
  "list-subscriptions-by-topic": { Subscriptions: [{ Endpoint: "ann@lab", SubscriptionArn: `${ARN}:1` }] },
};

/** The findings that are not ok: state, sentence and what to type. */
async function findings(answers: Answers, target = LAB) {
  const { findings: all } = await diagnose(account(answers), target);
  return all.filter(({ state }) => state !== "ok").map(({ state, what, type }) => [state, what, ...(type ?? [])]);
}

describe("before a deploy", () => {
  test("an account in which nothing stands in the way has no findings, and the command to deploy is named", async () => {
    expect(await findings(FRESH)).toEqual([]);
    const { findings: all, outputs: none } = await diagnose(account(FRESH), LAB);
    expect(all.map(({ what }) => what)).toContain(
      "the stack anamo-lab is not deployed yet: npx sls deploy --stage lab",
    );
    expect(none).toBeUndefined();
  });

  test("credentials that AWS does not accept are the only finding", async () => {
    expect(await findings({ "get-caller-identity": refusal("InvalidClientTokenId") })).toEqual([
      ["problem", "AWS does not accept the credentials: InvalidClientTokenId, no", "aws configure"],
    ]);
  });

  test.for<[string, Answers, string, RegExp, string]>([
    [
      "a service-linked role",
      { "get-role AWSServiceRoleForBatch": refusal("NoSuchEntity") },
      "problem",
      /^the role AWSServiceRoleForBatch does not exist: the first deploy/,
      "aws iam create-service-linked-role --aws-service-name batch.amazonaws.com",
    ],
    [
      "room for a VPC",
      { "describe-vpcs": { Vpcs: [{}, {}, {}, {}, {}] } },
      "problem",
      /^the account has all 5 VPCs/,
      "aws service-quotas request-service-quota-increase --service-code vpc --quota-code L-F678F1CE --desired-value 10",
    ],
    [
      "a zone with Fargate",
      {
        "describe-availability-zones": {
          AvailabilityZones: ["euw2-az2", "euw2-az3"].map((ZoneId) => ({ ZoneId, State: "available" })),
        },
      },
      "problem",
      /^this account has no zone euw2-az1$/,
      "npx sls deploy --stage lab --param zones=euw2-az2,euw2-az3, with your other parameters",
    ],
    [
      "a name for the table",
      { "describe-table": { Table: {} } },
      "problem",
      /^a table anamo-lab exists, but the stack does not$/,
      "npx sls deploy --stage lab --param adopt=yes, with your other parameters: takes over what is in it",
    ],
    [
      "a name for the bucket",
      { "head-bucket": refusal("403") },
      "problem",
      /^a bucket anamo-lab-123456789012-eu-west-2 belongs to somebody else$/,
      "npx sls deploy --stage lab --param bucket=…, with your other parameters",
    ],
    [
      "functions at once",
      { "get-account-settings": { AccountLimit: { ConcurrentExecutions: 10 } } },
      "warning",
      /^only 10 functions may run at once/,
      "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000",
    ],
    [
      "vCPUs",
      { "get-service-quota L-36FBB829": { Quota: { Value: 6 } } },
      "warning",
      /^only 6 vCPUs of Fargate Spot/,
      "aws service-quotas request-service-quota-increase --service-code fargate --quota-code L-36FBB829 --desired-value 256",
    ],
  ])("it is found that there is no %s, and what to type", async ([, answers, state, what, type]) => {
    const [found, ...others] = await findings({ ...FRESH, ...answers });
    expect(others).toEqual([]);
    expect(found).toEqual(expect.arrayContaining([state, expect.stringMatching(what), type]));
  });

  test("what somebody may not look at is said, and is not a problem", async () => {
    expect(await findings({ ...FRESH, "describe-vpcs": refusal("UnauthorizedOperation") })).toEqual([
      [
        "warning",
        "cannot look at the VPCs: UnauthorizedOperation, no",
        "docs/security.md#people-who-run-things lists what doctor has to be allowed",
      ],
    ]);
    const away = { ...refusal("failed"), call: ["ec2", "describe-vpcs"] };
    expect(await findings({ ...FRESH, "describe-vpcs": away })).toEqual([
      ["warning", "cannot look at the VPCs: failed, no", "aws ec2 describe-vpcs"],
    ]);
  });

  test("every finding but good news says what to type", async () => {
    const nothing: Answers = Object.fromEntries(Object.keys(FRESH).map((name) => [name, refusal("Throttling")]));
    const me = { "get-caller-identity": FRESH["get-caller-identity"] ?? {} };
    const all = await findings({ ...nothing, ...me });
    expect(all.length).toBeGreaterThan(8);
    expect(all.filter(([, , type]) => !type)).toEqual([]);
  });
});

describe("after a deploy", () => {
  test("a stack that works has no findings", async () => {
    expect(await findings(DEPLOYED)).toEqual([]);
  });

  test.for<[string, Answers, RegExp, string]>([
    ["the image", { "batch-get-image": { images: [] } }, /image is missing/, "npm run worker:push -- --stage lab"],
    [
      "an image for the stack's processors",
      { "batch-get-image": imageFor("arm64") },
      /^the workers' image is for arm64, the stack for amd64$/,
      "npm run worker:push -- --stage lab",
    ],
    [
      "an enabled rule",
      {
        "list-rules": {
          Rules: ["reconcile", "summarize", "sweep"].map((name) => ({
            Name: `anamo-lab-${name}-rule-1`,
            State: name === "sweep" ? "DISABLED" : "ENABLED",
          })),
        },
      },
      /^the rule anamo-lab-sweep-rule-1 is disabled$/,
      "aws events enable-rule --name anamo-lab-sweep-rule-1",
    ],
    [
      "the notification of the bucket",
      { "get-bucket-notification-configuration": {} },
      /^files under imports\/ and continuations\/ of lab-bucket start no import$/,
      "npx sls deploy --stage lab --force",
    ],
    [
      "what takes files from the queue",
      { "list-event-source-mappings": { EventSourceMappings: [] } },
      /^nothing takes files from the queue of imports$/,
      "npx sls deploy --stage lab --force",
    ],
    [
      "the switch of what takes files from the queue",
      { "list-event-source-mappings": { EventSourceMappings: [{ UUID: "14e0db71", State: "Disabled" }] } },
      /^files stay in the queue of imports: what takes them is disabled$/,
      "aws lambda update-event-source-mapping --uuid 14e0db71 --enabled",
    ],
    [
      "a valid compute environment",
      {
        "describe-compute-environments": {
          computeEnvironments: [{ state: "ENABLED", status: "INVALID", statusReason: "no role" }],
        },
      },
      /^the compute environment is ENABLED, INVALID: no role$/,
      "npx sls deploy --stage lab --force",
    ],
    [
      "silence of the alarms",
      { "describe-alarms": { MetricAlarms: [{ AlarmName: "anamo-lab-throttled", StateValue: "ALARM" }] } },
      /^the alarm anamo-lab-throttled is on$/,
      "docs/operating.md#throttled says what to do",
    ],
    [
      "a confirmed address for alarms",
      {
        "list-subscriptions-by-topic": {
          Subscriptions: [{ Endpoint: "ann@lab", SubscriptionArn: "PendingConfirmation" }],
        },
      },
      /^ann@lab has not confirmed yet/,
      "click the link in AWS's mail",
    ],
  ])("it is found that there is not %s, and what to type", async ([, answers, what, type]) => {
    const [found, ...others] = await findings({ ...DEPLOYED, ...answers });
    expect(others).toEqual([]);
    expect(found).toEqual(expect.arrayContaining([expect.stringMatching(what), type]));
  });

  test.for<[string, Answers, string, RegExp]>([
    ["is not the newest push", {}, "warning", /^jobs run sha256:old, not the newest push, sha256:new$/],
    [
      "is gone",
      { "batch-get-image imageDigest=sha256:old": { images: [] } },
      "problem",
      /^jobs run sha256:old, which is gone: no worker can start$/,
    ],
  ])("an image that the stack is pinned to and that %s is found", async ([, answers, state, what]) => {
    const WorkerImage = `${OUTPUTS.WorkerRepository}@sha256:old`;
    const Outputs = [...outputs, { OutputKey: "WorkerImage", OutputValue: WorkerImage }];
    const stack = { Stacks: [{ StackStatus: "UPDATE_COMPLETE", Outputs }] };
    expect(await findings({ ...DEPLOYED, "describe-stacks": stack, ...answers })).toEqual([
      [
        state,
        expect.stringMatching(what),
        "npx sls deploy --stage lab --param imageDigest=sha256:new, with your other parameters",
      ],
    ]);
    const same = { ...DEPLOYED, "describe-stacks": stack, "batch-get-image": imageFor("amd64", "sha256:old") };
    expect(await findings(same)).toEqual([]);
  });

  test.for<[string, string, Finding["state"] | undefined]>([
    ["amd64", "the image fits", undefined],
    ["arm64", "no container could start", "problem"],
  ])("an image of a single platform, %s, says so in its configuration: %s", async ([architecture, , state]) => {
    const server = createServer((_, reply) => void reply.end(JSON.stringify({ architecture })));
    onTestFinished(() => closeServer(server));
    const answers = {
      "batch-get-image": {
        images: [{ imageId: {}, imageManifest: JSON.stringify({ config: { digest: "sha256:config" } }) }],
      },
      "get-download-url-for-layer sha256:config": { downloadUrl: await listenOnLoopback(server, 0) },
    };
    expect(await findings({ ...DEPLOYED, ...answers })).toEqual(
      state
        ? [[state, "the workers' image is for arm64, the stack for amd64", "npm run worker:push -- --stage lab"]]
        : [],
    );
    const denied = { "get-download-url-for-layer sha256:config": refusal("AccessDenied") };
    const [unseen] = await findings({ ...DEPLOYED, ...answers, ...denied });
    expect(unseen).toEqual(["warning", "cannot look at its processor: AccessDenied, no", expect.anything()]);
  });

  test("an address for notifications that is not confirmed, or none, is found, too", async () => {
    const arn = ARN.replace("alarms", "progress");
    const Outputs = [...outputs, { OutputKey: "NotificationTopic", OutputValue: arn }];
    const stack = { Stacks: [{ StackStatus: "UPDATE_COMPLETE", Outputs }] };
    const subscribed = (...Subscriptions: object[]) =>
      findings({
        ...DEPLOYED,
        "describe-stacks": stack,
        [`list-subscriptions-by-topic ${arn}`]: { Subscriptions },
      });
    expect(await subscribed()).toEqual([
      ["warning", "nobody receives notifications", "npx sls deploy --stage lab --param notifyEmail=…"],
    ]);
    expect(await subscribed({ Endpoint: "bob@lab", SubscriptionArn: "PendingConfirmation" })).toEqual([
      ["warning", "bob@lab has not confirmed yet: until then no notification arrives", "click the link in AWS's mail"],
    ]);
    expect(await subscribed({ Endpoint: "bob@lab", SubscriptionArn: `${arn}:1` })).toEqual([]);
  });

  test("a first deploy that failed is a problem, and the account is checked for the next one", async () => {
    const failed = { Stacks: [{ StackStatus: "UPDATE_ROLLBACK_COMPLETE", Outputs: [] }] };
    const [found, ...others] = await findings({ ...FRESH, "describe-stacks": failed });
    expect(others).toEqual([]);
    expect(found?.slice(0, 2)).toEqual([
      "problem",
      "the stack anamo-lab has no table: its deploy failed, or is not anamo's",
    ]);
    expect(found?.[2]).toMatch(/^aws cloudformation describe-stack-events --stack-name anamo-lab /);
  });
});
