import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { vi } from "vitest";
import { dynamoClient, type Env, s3Client } from "../../../lib/clients.ts";
import type { ReportRow } from "../../../lib/import/ledger.ts";
import type { ReportHead } from "../../../lib/import/report.ts";
import { openTable, type Table } from "../../../lib/table.ts";
import { Undo } from "../../../local/undo.ts";
import { readReport } from "../imports.ts";
import { type Resource, ServiceCopy } from "../sls.ts";
import { AwsCalls } from "./aws-call.ts";
import { makeCertificate } from "./certificate.ts";
import { loopbackEnv } from "./environment.ts";
import { EventRule } from "./event-rule.ts";
import { jobCredentials } from "./job-role.ts";
import { leaveOut } from "./leave-out.ts";
import { startMiniStack } from "./ministack.ts";

/** How long what the stack does by itself may take on a busy machine. */
const SOON = { timeout: 60_000, interval: 100 };

/** MiniStack: "Properties.Metrics (metric math) is not supported". moto makes no alarms at all: cfn-lint alone looks. */
const isMetricMath = ({ Type, Properties }: Resource) => Type === "AWS::CloudWatch::Alarm" && "Metrics" in Properties;

/** What Lambda says of a function. */
interface Configuration {
  CodeSha256: string;
  Role: string;
  Environment: { Variables: Record<string, string> };
}

const AS_ON_AWS = {
  // roles and policies count
  AUTH: "true",
  // what fails for good is to do so soon: AWS pauses for a minute and more between its tries
  LAMBDA_ASYNC_RETRY_BASE_SECONDS: "0.2",
};

/** The service as `sls deploy` put it up on a MiniStack of its own. */
export class DeployedStack {
  readonly service: ServiceCopy;
  /** what a process needs to work on the stack; it may do everything */
  readonly env: Record<string, string>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly calls: AwsCalls;
  readonly s3: S3Client;
  readonly table: Table;
  readonly #undo: Undo;

  private constructor(service: ServiceCopy, env: Record<string, string>, outputs: Record<string, string>, undo: Undo) {
    this.service = service;
    this.outputs = outputs;
    this.env = { ...env, ANAMO_TABLE: this.output("TableName"), ANAMO_BUCKET: this.output("BucketName") };
    this.calls = new AwsCalls(env.AWS_ENDPOINT_URL ?? "");
    this.s3 = s3Client(env);
    const client = dynamoClient(env);
    this.table = openTable(this.output("TableName"), client);
    this.#undo = undo;
    undo.push(async () => {
      this.s3.destroy();
      client.destroy();
    });
  }

  /** Starts MiniStack with all that it keeps in `runDir`, and deploys; `before` is done in between. */
  static async deploy(
    runDir: string,
    params: readonly string[],
    before: (env: Env) => Promise<void> = async () => {},
  ): Promise<DeployedStack> {
    const undo = new Undo();
    try {
      const dir = join(runDir, "ministack");
      await mkdir(dir, { recursive: true });
      const certificate = await makeCertificate(runDir);
      const server = await startMiniStack(dir, { certificate, env: AS_ON_AWS });
      undo.push(() => server.close());
      const service = await ServiceCopy.make();
      undo.push(() => service.remove());
      await leaveOut(service, isMetricMath);
      const env = {
        ...loopbackEnv(runDir),
        AWS_ENDPOINT_URL: server.endpoint,
        NODE_EXTRA_CA_CERTS: certificate.certificate,
      };
      await before(env);
      await service.sls(["deploy", ...params.flatMap((param) => ["--param", param])], env);
      const stack = new DeployedStack(service, env, await outputsOf(env, "anamo-dev"), undo);
      await stack.#allow("launch", "batch:SubmitJob");
      return stack;
    } catch (error) {
      await undo.run();
      throw error;
    }
  }

  /** What a worker gets to see in its job: no more rights than the template's job role has. */
  async jobEnv(): Promise<Record<string, string>> {
    return { ...this.env, ...(await jobCredentials(this.calls, await this.service.template())) };
  }

  /** An output of the stack; throws if there is none of that name. */
  output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined) throw new Error(`the stack has no output ${name}`);
    return value;
  }

  /** `sls …` against the stack; what it says on stdout. */
  async sls(...args: string[]): Promise<string> {
    return (await this.service.sls(args, this.env)).stdout;
  }

  /** Drops a file into the bucket. */
  async put(key: string, body: string, metadata: Record<string, string> = {}): Promise<void> {
    const Bucket = this.output("BucketName");
    await this.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body, Metadata: metadata }));
  }

  /** Drops a task file for a step, and waits for the report that the deployed function writes. */
  async import(step: string, file: string, text: string): Promise<ReportHead & { rows: ReportRow[] }> {
    await this.put(`imports/${step}/${file}`, text);
    return vi.waitFor(async () => {
      const report = await readReport(this.s3, this.output("BucketName"), `reports/imports/${step}/${file}.json`);
      if (report === null) throw new Error(`no report about imports/${step}/${file}\n${await this.#logOf("import")}`);
      return report;
    }, SOON);
  }

  /**
   * Lets a function do something anywhere. MiniStack takes no resources for the calls of Batch, so a policy that names
   * them, as ours does, allows nothing there.
   */
  async #allow(name: string, Action: string): Promise<void> {
    const { Role } = await this.configuration(name);
    const PolicyDocument = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] };
    const RoleName = Role.slice(Role.lastIndexOf("/") + 1);
    const call = { Action: "PutRolePolicy", Version: "2010-05-08", RoleName, PolicyName: "for-ministack" };
    await this.calls.form("iam", { ...call, PolicyDocument: JSON.stringify(PolicyDocument) });
  }

  /** How a deployed function is configured. */
  configuration(name: string): Promise<Configuration> {
    return this.calls.lambda("GET", `/2015-03-31/functions/anamo-dev-${name}/configuration`);
  }

  /** Changes how a deployed function is configured. */
  async configure(name: string, change: object): Promise<void> {
    await this.calls.lambda("PUT", `/2015-03-31/functions/anamo-dev-${name}/configuration`, change);
  }

  /** Calls a deployed function as its schedule does, and waits for what it answers. */
  invoke(name: string): Promise<Record<string, unknown>> {
    return this.calls.lambda("POST", `/2015-03-31/functions/anamo-dev-${name}/invocations`, {});
  }

  /** What a deployed function has printed: for a person, as MiniStack may lose the lines that come last. */
  async #logOf(name: string): Promise<string> {
    const found = await this.calls.json<{ events: { message: string }[] }>("logs", "Logs_20140328.FilterLogEvents", {
      logGroupName: `/aws/lambda/anamo-dev-${name}`,
    });
    return found.events.map(({ message }) => message).join("\n");
  }

  /** The rule that calls a function when something happens. */
  rule(name: string): EventRule {
    return new EventRule(this.calls, `anamo-dev-${name}-`);
  }

  /** What lies in the queue of failed events; it stays there. */
  async failedEvents(): Promise<Record<string, unknown>[]> {
    const { QueueUrl } = await this.calls.json("sqs", "AmazonSQS.GetQueueUrl", {
      QueueName: "anamo-dev-failed-events",
    });
    const { Messages = [] } = await this.calls.json<{ Messages?: { Body: string }[] }>(
      "sqs",
      "AmazonSQS.ReceiveMessage",
      { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 },
    );
    return Messages.map(({ Body }) => JSON.parse(Body));
  }

  /** Ends it all, with whatever it started. */
  close(): Promise<void> {
    return this.#undo.run();
  }
}

async function outputsOf(env: Env, StackName: string): Promise<Record<string, string>> {
  const client = new CloudFormationClient({
    ...{ endpoint: env.AWS_ENDPOINT_URL, region: "us-east-1" },
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    const outputs = Stacks.flatMap(({ Outputs = [] }) => Outputs);
    return Object.fromEntries(outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  } finally {
    client.destroy();
  }
}
