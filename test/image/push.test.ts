import { execFile } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { cloudFormation } from "../support/cloud-formation.ts";
import { linesOf, testFolder } from "../support/worker.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/push-worker.ts", import.meta.url));
const REGISTRY = "123456789012.dkr.ecr.eu-west-2.amazonaws.com";
const REPOSITORY = `${REGISTRY}/anamo-prod-worker`;
const OUTPUTS = { TableName: "anamo-prod", BucketName: "anamo-prod-bucket", WorkerRepository: REPOSITORY };
const COMMANDS = [
  "aws ecr get-login-password --region eu-west-2",
  `docker login --username AWS --password-stdin ${REGISTRY}`,
  `docker build --platform linux/amd64 --tag ${REPOSITORY}:latest .`,
  `docker push ${REPOSITORY}:latest`,
];
const ASKS_DIGEST =
  "aws ecr describe-images --region eu-west-2 --repository-name anamo-prod-worker --image-ids imageTag=latest " +
  "--query imageDetails[0].imageDigest --output text";

/** Programs in a folder that log their arguments, then run the given shell code. */
async function programs(codes: Readonly<Record<string, string>>): Promise<{ PATH: string; log: string }> {
  const PATH = await testFolder();
  const log = join(PATH, "log");
  for (const [name, code] of Object.entries(codes)) {
    await writeFile(join(PATH, name), `#!/bin/sh\necho "${name} $*" >>'${log}'\n${code}\n`);
    await chmod(join(PATH, name), 0o755);
  }
  return { PATH, log };
}

/** A machine with docker, whose engine runs, and with aws, which prints a password that docker must be given. */
const working = () =>
  programs({ docker: 'if [ "$1" = login ]; then read -r word; [ "$word" = secret ]; fi', aws: "echo secret" });

/** Runs the script on a machine that has only the programs in PATH. */
async function push(PATH: string, args: readonly string[], outputs: Readonly<Record<string, string>> = OUTPUTS) {
  const { NODE_COMPILE_CACHE } = process.env;
  const stack = await cloudFormation("anamo-prod", outputs);
  const env = { PATH, NODE_COMPILE_CACHE, AWS_REGION: "eu-west-2", ...stack.env };
  const run = promisify(execFile)(process.execPath, [SCRIPT, "--stage", "prod", ...args], { env });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );
}

describe("worker:push", () => {
  test("logs in, builds the image and pushes it to the stack's repository", async () => {
    const { PATH, log } = await working();
    expect(await push(PATH, [])).toEqual({
      code: 0,
      stderr: "",
      stdout: `${REPOSITORY}:latest is there: jobs that start from now on use it\n`,
    });
    expect(await linesOf(log)).toEqual(["docker info", ...COMMANDS, ASKS_DIGEST]);
  });

  test("tells the image's digest, and how to keep jobs to it", async () => {
    const digest = `sha256:${"0a".repeat(32)}`;
    const aws = `case "$*" in *describe-images*imageTag=latest*) echo ${digest};; *) echo secret;; esac`;
    const { PATH } = await programs({ docker: 'if [ "$1" = login ]; then read -r word; fi', aws });
    const { stdout } = await push(PATH, []);
    expect(stdout).toBe(
      `${REPOSITORY}:latest is there: jobs that start from now on use it
To keep jobs to this image, whatever is pushed later:
         npx sls deploy --stage prod --param imageDigest=${digest}     # with your other parameters
`,
    );
    const kept = { ...OUTPUTS, WorkerImage: `${REPOSITORY}@sha256:${"0b".repeat(32)}` };
    expect((await push(PATH, [], kept)).stdout).toBe(
      `${REPOSITORY}:latest is there; jobs keep to the image that imageDigest names, until you deploy another:
         npx sls deploy --stage prod --param imageDigest=${digest}     # with your other parameters
`,
    );
  });

  test("--dry-run prints the commands and runs none", async () => {
    const { PATH, log } = await working();
    const { stdout } = await push(PATH, ["--dry-run"]);
    const [password, login, build, push_] = COMMANDS;
    expect(stdout).toBe(`${[`${password} | ${login}`, "npm run build:worker", build, push_].join("\n")}\n`);
    expect(await linesOf(log)).toEqual([]);
  });

  test("takes the platform from the stack; options change the program, the tag and the platform", async () => {
    const arm = { ...OUTPUTS, CpuArchitecture: "ARM64" };
    const { stdout } = await push("", ["--dry-run"], arm);
    expect(stdout).toContain(`docker build --platform linux/arm64 --tag ${REPOSITORY}:latest .\n`);
    const options = ["--dry-run", "--engine", "podman", "--tag", "v1", "--platform", "linux/amd64"];
    expect((await push("", options, arm)).stdout).toContain(
      `podman build --platform linux/amd64 --tag ${REPOSITORY}:v1 .\n`,
    );
  });
});

test("an image that is built from a git checkout is labeled with its commit", async () => {
  const { PATH } = await programs({ git: "echo 472b508a0f1e-dirty" });
  const { stdout } = await push(PATH, ["--dry-run"]);
  expect(stdout).toContain(`--tag ${REPOSITORY}:latest --build-arg REVISION=472b508a0f1e-dirty .\n`);
});

describe("worker:push says what is missing, with exit code 2:", () => {
  test("docker", async () => {
    const { code, stderr } = await push(await testFolder(), []);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^worker:push: docker is not installed: .*\n$/)]);
  });

  test("docker's engine", async () => {
    const { PATH, log } = await programs({ docker: "echo Cannot connect >&2; exit 1" });
    const { code, stderr } = await push(PATH, []);
    expect([code, stderr]).toEqual([2, expect.stringContaining("its engine does not answer: is it started?")]);
    expect(stderr).toContain("Cannot connect");
    expect(await linesOf(log)).toEqual(["docker info"]);
  });

  test("aws", async () => {
    const { PATH } = await programs({ docker: "" });
    const { code, stderr } = await push(PATH, []);
    expect([code, stderr]).toEqual([2, expect.stringContaining("aws is not installed")]);
  });

  test("the stack", async () => {
    const { code, stderr } = await push("", ["--stage", "test"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("stack anamo-test does not exist in eu-west-2")]);
  });

  test("the stack's repository", async () => {
    const { WorkerRepository: _, ...outputs } = OUTPUTS;
    const { code, stderr } = await push("", [], outputs);
    expect([code, stderr]).toEqual([2, expect.stringContaining("stack anamo-prod has no repository for the image")]);
  });
});

test("if a command fails, worker:push names it and exits with 1", async () => {
  const { PATH, log } = await programs({ docker: '[ "$1" != build ]', aws: "echo secret" });
  const { code, stderr } = await push(PATH, []);
  expect([code, stderr]).toEqual([1, expect.stringContaining('"docker build" failed')]);
  expect(await linesOf(log)).not.toContain(COMMANDS[3]);
});
