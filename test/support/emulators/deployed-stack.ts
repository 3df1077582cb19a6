import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { vi } from "vitest";
import type { Env } from "../../../lib/aws-config.ts";
import { dynamoClient } from "../../../lib/dynamo-client.ts";
import type { ReportRow } from "../../../lib/import/ledger.ts";
import type { ReportHead } from "../../../lib/import/report.ts";
import { s3Client } from "../../../lib/s3-client.ts";
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

/** How long the stack's own reactions may take on a busy machine. */
const SOON = { timeout: 60_000, interval: 100 };

/**
 * MiniStack: "Properties.Metrics (metric math) is not supported". moto creates no alarms: only cfn-lint checks them.
 */
const isMetricMath = ({ Type, Properties }: Resource) => Type === "AWS::CloudWatch::Alarm" && "Metrics" in Properties;

/** A function's configuration, as Lambda describes it. */
interface Configuration {
  CodeSha256: string;
  Role: string;
  Environment: { Variables: Record<string, string> };
}

const AS_ON_AWS = {
  // enforces roles and policies
  AUTH: "true",
  // retries soon, so that events reach their final failure quickly: AWS waits a minute or more
  LAMBDA_ASYNC_RETRY_BASE_SECONDS: "0.2",
};

/** The service, deployed by `sls deploy` on its own MiniStack. */
export class DeployedStack {
  readonly service: ServiceCopy;
  /** environment of a process that works on the stack, with all rights */
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

  /** Starts MiniStack with its data in `runDir`, runs `before`, and deploys. */
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

  /** Environment of a worker in a job, with only the rights of the template's job role. */
  async jobEnv(): Promise<Record<string, string>> {
    return { ...this.env, ...(await jobCredentials(this.calls, await this.service.template())) };
  }

  /** An output of the stack; throws if it is unknown. */
  output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined) throw new Error(`the stack has no output ${name}`);
    return value;
  }

  /** Runs `sls …` against the stack; resolves with its stdout. */
  async sls(...args: string[]): Promise<string> {
    return (await this.service.sls(args, this.env)).stdout;
  }

  /** Puts a file into the bucket. */
  async put(key: string, body: string, metadata: Record<string, string> = {}): Promise<void> {
    const Bucket = this.output("BucketName");
    await this.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body, Metadata: metadata }));
  }

  /** Puts a task file for a step into the bucket, and waits for the report of the deployed function. */
  async import(step: string, file: string, text: string): Promise<ReportHead & { rows: ReportRow[] }> {
    await this.put(`imports/${step}/${file}`, text);
    return vi.waitFor(async () => {
      const report = await readReport(this.s3, this.output("BucketName"), `reports/imports/${step}/${file}.json`);
      if (report === null) throw new Error(`no report about imports/${step}/${file}\n${await this.#logOf("import")}`);
      return report;
    }, SOON);
  }

  /**
   * Allows a function to perform an action on all resources. MiniStack passes no resources for Batch's calls, so a
   * policy that names resources, as ours does, allows nothing there.
   */
  async #allow(name: string, Action: string): Promise<void> {
    const { Role } = await this.configuration(name);
    const PolicyDocument = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] };
    const RoleName = Role.slice(Role.lastIndexOf("/") + 1);
    const call = { Action: "PutRolePolicy", Version: "2010-05-08", RoleName, PolicyName: "for-ministack" };
    await this.calls.form("iam", { ...call, PolicyDocument: JSON.stringify(PolicyDocument) });
  }

  /** The configuration of a deployed function. */
  configuration(name: string): Promise<Configuration> {
    return this.calls.lambda("GET", `/2015-03-31/functions/anamo-dev-${name}/configuration`);
  }

  /** Changes the configuration of a deployed function. */
  async configure(name: string, change: object): Promise<void> {
    await this.calls.lambda("PUT", `/2015-03-31/functions/anamo-dev-${name}/configuration`, change);
  }

  /** Calls a deployed function as its schedule does; resolves with its answer. */
  invoke(name: string): Promise<Record<string, unknown>> {
    return this.calls.lambda("POST", `/2015-03-31/functions/anamo-dev-${name}/invocations`, {});
  }

  /** The log of a deployed function, for error messages only: MiniStack may lose the last lines. */
  async #logOf(name: string): Promise<string> {
    const found = await this.calls.json<{ events: { message: string }[] }>("logs", "Logs_20140328.FilterLogEvents", {
      logGroupName: `/aws/lambda/anamo-dev-${name}`,
    });
    return found.events.map(({ message }) => message).join("\n");
  }

  /** The event rule that calls a function. */
  rule(name: string): EventRule {
    return new EventRule(this.calls, `anamo-dev-${name}-`);
  }

  /** The events in the queue of failed events, without removing them. */
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

  /** Stops everything that was started. */
  close(): Promise<void> {
    return this.#undo.run();
  }
}

async function outputsOf(env: Env, StackName: string): Promise<Record<string, string>> {
  const client = new CloudFormationClient({
    endpoint: env.AWS_ENDPOINT_URL,
    region: "us-east-1",
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
