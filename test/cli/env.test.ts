import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { anamo } from "../support/anamo.ts";

const OUTPUTS = {
  TableName: "anamo-prod",
  BucketName: "anamo-prod-123456789012-eu-west-1",
  JobQueue: "arn:aws:batch:eu-west-1:123456789012:job-queue/it's $HOME; `x`",
  JobDefinition: "arn:aws:batch:eu-west-1:123456789012:job-definition/anamo-prod:3",
  AlarmTopic: "arn:aws:sns:eu-west-1:123456789012:alarms",
};

/** Answers DescribeStacks as CloudFormation does, for one stack; no server that tests may start has stacks so soon. */
async function cloudFormation(stack: string, outputs: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const server = createServer(async (request, reply) => {
    const name = new URLSearchParams(await text(request)).get("StackName") ?? "";
    asked.push(name);
    reply.setHeader("content-type", "text/xml");
    if (name !== stack) return void reply.writeHead(400).end(errorXml(`Stack with id ${name} does not exist`));
    reply.end(stackXml(name, outputs));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint, AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x" };
  return { env, asked };
}

const escaped = (value: string) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function stackXml(name: string, outputs: Readonly<Record<string, string>>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${escaped(value)}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
    <StackName>${name}</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2030-01-01T00:00:00Z</CreationTime>
    <Outputs>${members.join("")}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

function errorXml(message: string): string {
  return `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>
    <Code>ValidationError</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}

describe("anamo env", { timeout: 60_000 }, () => {
  test("prints lines that a shell takes, whatever the outputs hold", async () => {
    const { env, asked } = await cloudFormation("anamo-prod", OUTPUTS);
    const { exitCode, stdout } = await anamo(["env", "--stage", "prod", "--region", "eu-west-1"], { env });
    expect(exitCode).toBe(0);
    expect(asked).toEqual(["anamo-prod"]);
    const script =
      'eval "$1"; printf "%s\\n" "$AWS_REGION" "$ANAMO_TABLE" "$ANAMO_BUCKET" "$ANAMO_JOB_QUEUE" "$ANAMO_JOB_DEFINITION"';
    const { TableName, BucketName, JobQueue, JobDefinition } = OUTPUTS;
    expect(execFileSync("sh", ["-c", script, "sh", stdout], { env: {} }).toString()).toBe(
      `${["eu-west-1", TableName, BucketName, JobQueue, JobDefinition].join("\n")}\n`,
    );
    expect(
      stdout
        .split("\n")
        .filter(Boolean)
        .every((line) => line.startsWith("export ")),
    ).toBe(true);
  });

  test("leaves out what the stack does not have, and takes the name of another stack", async () => {
    const { TableName, BucketName } = OUTPUTS;
    const { env } = await cloudFormation("lab", { TableName, BucketName, JobQueue: "" });
    const { stdout } = await anamo(["env", "--stack", "lab", "--region", "eu-west-1", "--json"], { env });
    expect(JSON.parse(stdout)).toEqual({
      ...{ AWS_REGION: "eu-west-1", ANAMO_TABLE: TableName, ANAMO_BUCKET: BucketName },
    });
  });

  test.each([
    ["a stack that is not there", ["--stage", "test"], "there is no stack anamo-test in eu-west-1: is it deployed"],
    ["a stack of something else", [], "stack anamo-dev has no output TableName, BucketName: it is no stack of anamo"],
    ["a name that no stack has", ["--stack", "a b"], "Expected letters, digits and hyphens, a letter first."],
  ])("%s is refused with exit code 2", async (_what, args, message) => {
    const { env } = await cloudFormation("anamo-dev", { Other: "x" });
    const { exitCode, stdout, stderr } = await anamo(["env", "--region", "eu-west-1", ...args], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("without credentials, or a region, it says so", async () => {
    const { env } = await cloudFormation("anamo-dev", OUTPUTS);
    const nobody = { AWS_ENDPOINT_URL_CLOUDFORMATION: env.AWS_ENDPOINT_URL_CLOUDFORMATION, HOME: "/nowhere" };
    const noCredentials = await anamo(["env", "--region", "eu-west-1"], { env: nobody });
    expect(noCredentials).toMatchObject({ exitCode: 1, stdout: "" });
    expect(noCredentials.stderr).toContain("no AWS credentials were found");
    const noRegion = await anamo(["env"], { env: { ...env, HOME: "/nowhere" } });
    expect(noRegion).toMatchObject({
      exitCode: 2,
      stderr: "anamo: no region is named: give --region, or set AWS_REGION\n",
    });
  });
});
