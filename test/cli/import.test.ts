import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import { downloadCommand } from "../../cli/import/download-command.ts";
import { startStack } from "../../local/stack.ts";
import { anamo, startAnamo } from "../support/anamo.ts";
import { testBucket, testEnv } from "../support/env.ts";
import { testFolder } from "../support/worker.ts";

/** A task file, and a step for this test only in a bucket that nothing imports from. */
async function bench(text = "itemID|TaskID|TaskScript\nA|S1|true\n") {
  const { s3, bucket } = testBucket();
  const file = join(await testFolder(), "tasks.txt");
  await writeFile(file, text);
  const step = `s-${randomUUID().slice(0, 8)}`;
  const env = testEnv() as Record<string, string>;
  const run = (...args: string[]) => anamo(["import", file, "--step", step, ...args], { env });
  return { s3, bucket, file, run, step };
}

test("if nothing imports from the bucket, the wait ends and the message says where the file is", async () => {
  const { run, bucket, step } = await bench();
  const { exitCode, stdout, stderr } = await run("--wait", "0.2");
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toContain(
    `anamo: the file was uploaded to s3://${bucket}/imports/${step}/tasks.txt, but no report arrived`,
  );
  expect(stderr).toContain(
    "within 0.2 s. Either its import is still running, or nothing imports files from this bucket",
  );
  expect(stderr).not.toContain("    at ");
});

test("--no-wait uploads and says where the report will be", async () => {
  const { run, s3, bucket, step, file } = await bench();
  const key = `imports/${step}/tasks.txt`;
  const reportKey = `reports/imports/${step}/tasks.txt.json`;
  expect(await run("--no-wait")).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: `${file} is uploaded to s3://${bucket}/${key}; its import will be reported in s3://${bucket}/${reportKey}\n`,
  });
  expect(JSON.parse((await run("--no-wait", "--json")).stdout)).toEqual({ bucket, key, reportKey });
  expect(await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).toMatchObject({ ContentLength: 35 });
});

test("an unknown bucket is reported in one line", async () => {
  const { file } = await bench();
  const env = { ...(testEnv() as Record<string, string>), ANAMO_BUCKET: "no-such-bucket" };
  const { exitCode, stderr } = await startAnamo(["import", file], { env }).result;
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^anamo: .*bucket.*\n$/);
});

test("a wrong delimiter is rejected under the name of its option, and nothing is uploaded", async () => {
  const { run } = await bench();
  for (const args of [
    ["--delimiter", "||"],
    ["--delimiter", "||", "--dry-run"],
  ]) {
    const { exitCode, stderr } = await run(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^anamo: --delimiter: expected one of the words pipe/);
  }
});

test("rejected rows are listed with the commands that import them once they are fixed", async () => {
  const { file } = await bench("itemID^TaskID^TaskScript\nA^S1^true\n^S2^true\n");
  const dir = join(await testFolder(), "stack");
  const stack = await startStack({ dir, table: "Testing", bucket: "bucket", workerCommand: ["true"] });
  onTestFinished(() => stack.close(0));
  const { exitCode, stdout } = await anamo(["import", file, "--step", "my step", "--delimiter", "^"], {
    env: stack.env,
  });
  expect(exitCode).toBe(1);
  const download =
    `curl -fsS -o tasks.rejected.txt ` +
    `${stack.env.AWS_ENDPOINT_URL_S3}/bucket/reports/imports/my%20step/tasks.rejected.txt`;
  expect(stdout.split("\n").slice(-5)).toEqual([
    "fix them, then import them:",
    `  ${download}`,
    "  anamo import tasks.rejected.txt --step 'my step' --delimiter '^'",
    "report: s3://bucket/reports/imports/my step/tasks.txt.json",
    "",
  ]);
  const cwd = await testFolder();
  await promisify(execFile)("bash", ["-c", download], { cwd, env: { PATH: process.env.PATH } });
  expect(await readFile(join(cwd, "tasks.rejected.txt"), "utf8")).toBe("itemID^TaskID^TaskScript\n^S2^true\n");
});

test("on AWS, or another S3 server, the rejected rows are downloaded by the AWS CLI", () => {
  const key = "reports/imports/my step/tasks.rejected.txt";
  const expected = `aws s3 cp 's3://bucket/${key}' tasks.rejected.txt`;
  expect(downloadCommand("bucket", key, {})).toBe(expected);
  const env = { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9000", AWS_ACCESS_KEY_ID: "somebody" };
  expect(downloadCommand("bucket", key, env)).toBe(expected);
});
