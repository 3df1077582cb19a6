import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { anamo } from "../support/anamo.ts";
import { cloudFormation } from "../support/cloud-formation.ts";

const OUTPUTS = {
  TableName: "anamo-prod",
  BucketName: "anamo-prod-123456789012-eu-west-1",
  JobQueue: "arn:aws:batch:eu-west-1:123456789012:job-queue/it's $HOME; `x`",
  JobDefinition: "arn:aws:batch:eu-west-1:123456789012:job-definition/anamo-prod:3",
  AlarmTopic: "arn:aws:sns:eu-west-1:123456789012:alarms",
};

describe("anamo env", () => {
  test("prints lines that a shell can evaluate, even if the outputs contain quotes, $ or backticks", async () => {
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

  test("leaves out what the stack lacks, and accepts the name of another stack", async () => {
    const { TableName, BucketName } = OUTPUTS;
    const { env } = await cloudFormation("lab", { TableName, BucketName, JobQueue: "" });
    const { stdout } = await anamo(["env", "--stack", "lab", "--region", "eu-west-1", "--json"], { env });
    expect(JSON.parse(stdout)).toEqual({
      AWS_REGION: "eu-west-1",
      ANAMO_TABLE: TableName,
      ANAMO_BUCKET: BucketName,
    });
  });

  test.each([
    ["an unknown stack", ["--stage", "test"], "stack anamo-test does not exist in eu-west-1: is it deployed"],
    ["a stack of something else", [], "stack anamo-dev has no output TableName, BucketName: it is not an anamo stack"],
    ["a stage that looks like a number", ["--stage", "2026"], "stack anamo-2026 does not exist in eu-west-1"],
    ["an impossible stage", ["--stage", "a_b"], "Expected letters, digits and hyphens."],
    ["an impossible stack name", ["--stack", "a b"], "Expected letters, digits and hyphens, a letter first."],
  ])("%s is rejected with exit code 2", async (_what, args, message) => {
    const { env } = await cloudFormation("anamo-dev", { Other: "x" });
    const { exitCode, stdout, stderr } = await anamo(["env", "--region", "eu-west-1", ...args], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("says when credentials or the region are missing", async () => {
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
