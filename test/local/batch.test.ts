import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ClientException,
  DescribeJobsCommand,
  ListJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from "@aws-sdk/client-batch";
import { expect, test } from "vitest";
import { UsageError } from "../../lib/errors.ts";
import { startBatch } from "../../local/batch.ts";
import { eventOf, printed, run, setup, statesOf, submit, until } from "./batch-support.ts";

test("a job goes through its states, sees the variables of a container, and its output is kept", async () => {
  const { client, events, logDir } = await setup();
  const jobId = await submit(client, {
    containerOverrides: {
      command: ["sh", "-c", 'env | grep -E "^(AWS_BATCH|NAME)" | sort; echo to stderr >&2'],
      environment: [{ name: "NAME", value: "a value" }],
    },
  });
  const { detail, ...envelope } = await until(events, jobId, "SUCCEEDED");
  expect(statesOf(events, jobId)).toEqual(["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]);
  expect(envelope).toMatchObject({
    version: "0",
    "detail-type": "Batch Job State Change",
    source: "aws.batch",
    account: "123456789012",
    region: "us-east-1",
    resources: [detail.jobArn],
  });
  expect(envelope.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(detail).toMatchObject({ statusReason: "Essential container in task exited", container: { exitCode: 0 } });
  expect(detail.attempts).toHaveLength(1);
  expect(await readFile(join(logDir, `${detail.container?.logStreamName}.log`), "utf8")).toBe(
    `AWS_BATCH_CE_NAME=anamo-local\nAWS_BATCH_JOB_ATTEMPT=1\nAWS_BATCH_JOB_ID=${jobId}\nAWS_BATCH_JQ_NAME=queue\nNAME=a value\nto stderr\n`,
  );
});

test("an event has the same fields as the recorded one of its kind", async () => {
  const { client, events } = await setup();
  const jobId = await submit(client, { ...run("exit 1"), arrayProperties: { size: 2 } });
  const [child, parent] = await Promise.all([until(events, `${jobId}:0`, "FAILED"), until(events, jobId, "FAILED")]);
  for (const [name, event] of [
    ["batch-array-child-failed", child],
    ["batch-array-parent-failed", parent],
  ] as const) {
    const recorded = JSON.parse(await readFile(join(import.meta.dirname, `../../events/${name}.json`), "utf8"));
    expect(Object.keys(event).sort()).toEqual(Object.keys(recorded).sort());
    expect(Object.keys(event.detail).sort()).toEqual(Object.keys(recorded.detail).sort());
    expect(event.detail.attempts?.map(Object.keys)).toHaveLength(name.includes("child") ? 1 : 0);
    expect(event.detail.arrayProperties).toMatchObject(name.includes("child") ? { index: 0 } : { size: 2 });
  }
});

test("each child of an array has an index, and the parent ends with the last child", async () => {
  const { client, events, logDir } = await setup({ maxRunning: 3 });
  const jobId = await submit(client, {
    ...run(
      'echo "index $AWS_BATCH_JOB_ARRAY_INDEX of $AWS_BATCH_JOB_ARRAY_SIZE in $AWS_BATCH_JOB_ID"; exit $((AWS_BATCH_JOB_ARRAY_INDEX == 1))',
    ),
    arrayProperties: { size: 3 },
  });
  const parent = await until(events, jobId, "FAILED");
  expect(statesOf(events, jobId)).toEqual(["PENDING", "FAILED"]);
  expect(parent.detail).toMatchObject({
    statusReason: "Array Child Job failed",
    arrayProperties: { size: 3, statusSummary: { SUCCEEDED: 2, FAILED: 1, RUNNING: 0 } },
    attempts: [],
  });
  for (const index of [0, 1, 2]) {
    expect(await printed(logDir, `${jobId}:${index}`, "index")).toBe(`${index} of 3 in ${jobId}:${index}`);
  }
  expect(events.at(-1)?.detail.jobId).toBe(jobId);
});

test("children beyond maxRunning stay runnable until there is room", async () => {
  const { client, events } = await setup({ maxRunning: 2 });
  const jobId = await submit(client, { ...run("exit 0"), arrayProperties: { size: 12 } });
  await until(events, jobId, "SUCCEEDED");
  let running = 0;
  let most = 0;
  for (const { detail } of events) {
    if (detail.status === "STARTING") most = Math.max(most, ++running);
    if (detail.jobId !== jobId && detail.status === "SUCCEEDED") running -= 1;
  }
  expect({ most, running }).toEqual({ most: 2, running: 0 });
});

test("DescribeJobs leaves out unknown jobs and includes finished ones", async () => {
  const { client, events } = await setup();
  const jobId = await submit(client, run("exit 3"));
  await until(events, jobId, "FAILED");
  const unknown = "00000000-0000-4000-8000-000000000000";
  const { jobs } = await client.send(new DescribeJobsCommand({ jobs: [unknown, jobId, `${unknown}:1`] }));
  expect(jobs).toHaveLength(1);
  expect(jobs?.[0]).toEqual(eventOf(events, jobId, "FAILED")?.detail);
  await expect(client.send(new TerminateJobCommand({ jobId: unknown, reason: "x" }))).rejects.toThrow(ClientException);
});

test("ListJobs lists jobs by state and children by parent, in pages", async () => {
  const { client, events } = await setup({ maxRunning: 2 });
  const jobId = await submit(client, { arrayProperties: { size: 5 } });
  await until(events, `${jobId}:1`, "RUNNING");
  const list = async (input: { arrayJobId?: string; jobQueue?: string; jobStatus?: "PENDING" | "RUNNABLE" }) =>
    (await client.send(new ListJobsCommand(input))).jobSummaryList?.map((job) => job.jobId);
  expect(await list({ jobQueue: "queue", jobStatus: "PENDING" })).toEqual([jobId]);
  expect(await list({ arrayJobId: jobId })).toEqual([`${jobId}:0`, `${jobId}:1`]);
  const first = await client.send(new ListJobsCommand({ arrayJobId: jobId, jobStatus: "RUNNABLE", maxResults: 2 }));
  const second = await client.send(
    new ListJobsCommand({ arrayJobId: jobId, jobStatus: "RUNNABLE", nextToken: first.nextToken }),
  );
  expect([first, second].map((page) => page.jobSummaryList?.length)).toEqual([2, 1]);
  expect(second.nextToken).toBeUndefined();
});

test.each([
  ["an array of size 1", { arrayProperties: { size: 1 } }, "arrayProperties.size"],
  ["an array that is too large", { arrayProperties: { size: 10_001 } }, "arrayProperties.size"],
  ["an unknown definition", { jobDefinition: "nobody" }, "nobody"],
  ["an unknown queue", { jobQueue: "elsewhere" }, "elsewhere"],
  ["a name with spaces", { jobName: "a b" }, "jobName"],
  ["a reserved variable", { containerOverrides: { environment: [{ name: "AWS_BATCH_X", value: "" }] } }, "AWS_BATCH"],
  ["a time-out that is too short", { timeout: { attemptDurationSeconds: 59 } }, "attemptDurationSeconds"],
])("%s is rejected", async (_, input, message) => {
  const { client } = await setup();
  const refused = client.send(
    new SubmitJobCommand({ jobName: "job", jobQueue: "queue", jobDefinition: "sleeper", ...input }),
  );
  await expect(refused).rejects.toThrow(ClientException);
  await expect(refused).rejects.toThrow(message);
});

test("a missing program fails to start, with the reason that Batch gives", async () => {
  const { client, events } = await setup();
  const jobId = await submit(client, { containerOverrides: { command: ["/no/such/program"] } });
  const { detail } = await until(events, jobId, "FAILED");
  expect(detail).toMatchObject({
    statusReason: "Task failed to start",
    container: { reason: expect.stringMatching(/^CannotStartContainerError: .*ENOENT/) },
  });
});

test("a job whose log cannot be written fails, and the stack goes on", async () => {
  const { client, events, logDir } = await setup();
  await rm(logDir, { recursive: true });
  await writeFile(logDir, "");
  const { detail } = await until(events, await submit(client, run("true")), "FAILED");
  expect(detail.attempts?.[0]?.container?.reason).toMatch(/^CannotStartContainerError: .*(EEXIST|ENOTDIR)/);
  await rm(logDir);
  const jobId = await submit(client, run("true"));
  await until(events, jobId, "SUCCEEDED");
});

test("the error for a taken port names the port", async () => {
  const { batch } = await setup();
  const port = Number(new URL(batch.endpoint).port);
  await expect(startBatch({ jobDefinitions: {}, logDir: tmpdir(), port })).rejects.toThrow(UsageError);
});
