import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BatchClient,
  CancelJobCommand,
  ClientException,
  DescribeJobsCommand,
  ListJobsCommand,
  SubmitJobCommand,
  type SubmitJobCommandInput,
  TerminateJobCommand,
  TerminateJobsCommand,
} from "@aws-sdk/client-batch";
import { expect, onTestFinished, test } from "vitest";
import { batchClient } from "../../lib/clients.ts";
import { UsageError } from "../../lib/errors.ts";
import { type BatchOptions, type JobStateChange, startBatch } from "../../local/batch.ts";
import { SOON } from "./soon.ts";

const RUNS_UNTIL_STOPPED = ["sh", "-c", "exec sleep 600"];

async function setup(options: Partial<BatchOptions> = {}) {
  const logDir = await mkdtemp(join(tmpdir(), "anamo-batch-"));
  const events: JobStateChange[] = [];
  const batch = await startBatch({
    jobDefinitions: { sleeper: { command: RUNS_UNTIL_STOPPED } },
    logDir,
    jobQueue: "queue",
    onStateChange: (event) => events.push(event),
    ...options,
  });
  const client = batchClient({
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_BATCH: batch.endpoint,
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "x",
  });
  onTestFinished(async () => {
    client.destroy();
    await batch.close(0);
    await rm(logDir, { recursive: true });
  });
  return { batch, client, events, logDir };
}

async function submit(client: BatchClient, input: Partial<SubmitJobCommandInput> = {}): Promise<string> {
  const answer = await client.send(
    new SubmitJobCommand({ jobName: "job", jobQueue: "queue", jobDefinition: "sleeper", ...input }),
  );
  expect(answer.jobArn).toBe(`arn:aws:batch:us-east-1:123456789012:job/${answer.jobId}`);
  return answer.jobId ?? "";
}

const run = (script: string) => ({ containerOverrides: { command: ["sh", "-c", script] } });

/** The states that a job went through, in order. */
const statesOf = (events: JobStateChange[], jobId: string) =>
  events.filter(({ detail }) => detail.jobId === jobId).map(({ detail }) => detail.status);

const eventOf = (events: JobStateChange[], jobId: string, status: string) =>
  events.find(({ detail }) => detail.jobId === jobId && detail.status === status);

async function until(events: JobStateChange[], jobId: string, status: string): Promise<JobStateChange> {
  await expect.poll(() => statesOf(events, jobId), SOON).toContain(status);
  return eventOf(events, jobId, status) as JobStateChange;
}

/** Waits until a job has printed a line that begins with `word`, and gives the rest of the line. */
async function printed(logDir: string, jobId: string, word: string, attempt = 1): Promise<string> {
  const path = join(logDir, "sleeper", jobId.replace(":", "/"), `${attempt}.log`);
  const find = async () => new RegExp(`^${word} (.*)$`, "m").exec(await readFile(path, "utf8").catch(() => ""))?.[1];
  await expect.poll(find, SOON).toBeDefined();
  return (await find()) ?? "";
}

/** A zombie, which only waits for init to look, runs nothing any more. */
function isAlive(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("a job goes through its states, sees what a container sees, and keeps what it printed", async () => {
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

test("an event has the shape of the recorded one of its kind", async () => {
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

test("the children of an array have an index each, and the parent ends with the last of them", async () => {
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

test("an array of more children than may run keeps the others runnable until there is room", async () => {
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

test("when a job that was killed is said to have failed, nothing that it started lives", async () => {
  let pids: string[] = [];
  const aliveAtTheEvent: boolean[][] = [];
  const { client, logDir } = await setup({
    onStateChange: ({ detail }) => {
      if (detail.status === "FAILED") aliveAtTheEvent.push(pids.map(isAlive));
    },
  });
  // A child, a grandchild in a session of its own, and one that has shed its environment.
  const jobId = await submit(
    client,
    run(
      'sleep 600 & echo "child $!"; setsid sh -c \'echo "grandchild $$"; exec sleep 600\' & env -i sleep 600 & echo "bare $!"; echo "main $$"; wait',
    ),
  );
  pids = await Promise.all(["child", "grandchild", "bare", "main"].map((word) => printed(logDir, jobId, word)));
  expect(pids.map(isAlive)).toEqual([true, true, true, true]);
  process.kill(Number(pids[3]), "SIGKILL");
  await expect.poll(() => aliveAtTheEvent, SOON).toEqual([[false, false, false, false]]);
});

test("a process that a signal ends that nobody here sent counts as a lost host", async () => {
  const { client, events, logDir } = await setup();
  const jobId = await submit(client, run('echo "main $$"; exec sleep 600'));
  process.kill(Number(await printed(logDir, jobId, "main")), "SIGKILL");
  const { detail } = await until(events, jobId, "FAILED");
  expect(detail.statusReason).toMatch(/^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/);
  expect(detail.attempts?.[0]?.statusReason).toBe(detail.statusReason);
  expect(detail.container).not.toHaveProperty("exitCode");
  expect(detail.attempts?.[0]?.container).not.toHaveProperty("exitCode");
});

test("a lost host is tried again where the strategy says so, and an exit code is not", async () => {
  const retryStrategy = {
    attempts: 3,
    evaluateOnExit: [
      { onStatusReason: "Host EC2*", action: "RETRY" as const },
      { onReason: "*", action: "EXIT" as const },
    ],
  };
  const { client, events } = await setup();
  const jobId = await submit(client, {
    ...run('[ "$AWS_BATCH_JOB_ATTEMPT" = 2 ] && exit 7; kill -9 $$'),
    retryStrategy,
  });
  const { detail } = await until(events, jobId, "FAILED");
  expect(statesOf(events, jobId)).toEqual([
    ...["RUNNABLE", "STARTING", "RUNNING"],
    ...["RUNNABLE", "STARTING", "RUNNING", "FAILED"],
  ]);
  expect(detail).toMatchObject({
    attempts: [{ statusReason: expect.stringMatching(/^Host EC2/) }, { container: { exitCode: 7 } }],
    container: { exitCode: 7 },
  });
  const [, again] = events.filter((event) => event.detail.status === "RUNNABLE");
  expect(again?.detail.attempts).toHaveLength(1);
  expect(again?.detail).not.toHaveProperty("startedAt");
});

test("a job that outlives its time is stopped, by force if need be, and not tried again", async () => {
  const { client, events } = await setup({
    jobDefinitions: {
      sleeper: {
        command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.01; done"],
        timeoutSeconds: 0.2,
        retryStrategy: { attempts: 3 },
      },
    },
    stopGraceMs: 100,
  });
  const jobId = await submit(client);
  const { detail } = await until(events, jobId, "FAILED");
  expect(detail).toMatchObject({ statusReason: "Job attempt duration exceeded timeout", container: { exitCode: 137 } });
  expect(detail.attempts).toHaveLength(1);
});

test("a terminated job gets SIGTERM, and says why it was ended", async () => {
  const { client, events, logDir } = await setup();
  const jobId = await submit(client, run('trap "exit 143" TERM; echo "ready 1"; while :; do sleep 0.01; done'));
  await printed(logDir, jobId, "ready");
  await client.send(new TerminateJobCommand({ jobId, reason: "no longer wanted" }));
  const { detail } = await until(events, jobId, "FAILED");
  expect(detail).toMatchObject({
    statusReason: "no longer wanted",
    isTerminated: true,
    container: { exitCode: 143 },
    attempts: [{ statusReason: "Essential container in task exited", container: { exitCode: 143 } }],
  });
});

test("terminating an array ends the children that run and drops those that wait", async () => {
  const { client, events } = await setup({ maxRunning: 1 });
  const jobId = await submit(client, { arrayProperties: { size: 3 } });
  await until(events, `${jobId}:0`, "RUNNING");
  await client.send(new TerminateJobsCommand({ jobs: [jobId], reason: "stop" }));
  await until(events, jobId, "FAILED");
  expect(statesOf(events, `${jobId}:2`)).toEqual(["RUNNABLE", "FAILED"]);
  expect(eventOf(events, `${jobId}:2`, "FAILED")?.detail).toMatchObject({ statusReason: "stop", attempts: [] });
  expect(eventOf(events, `${jobId}:0`, "FAILED")?.detail).toMatchObject({ statusReason: "stop", isTerminated: true });
});

test("cancelling drops a job that waits and leaves one that runs alone", async () => {
  const { client, events } = await setup({ maxRunning: 1 });
  const running = await submit(client);
  await until(events, running, "RUNNING");
  const waiting = await submit(client);
  await until(events, waiting, "RUNNABLE");
  for (const jobId of [running, waiting]) await client.send(new CancelJobCommand({ jobId, reason: "changed my mind" }));
  const { jobs } = await client.send(new DescribeJobsCommand({ jobs: [running, waiting] }));
  expect(jobs?.map(({ status, statusReason }) => [status, statusReason])).toEqual([
    ["RUNNING", undefined],
    ["FAILED", "changed my mind"],
  ]);
});

test("jobs that nobody knows are missing from the answer, and finished ones are not", async () => {
  const { client, events } = await setup();
  const jobId = await submit(client, run("exit 3"));
  await until(events, jobId, "FAILED");
  const unknown = "00000000-0000-4000-8000-000000000000";
  const { jobs } = await client.send(new DescribeJobsCommand({ jobs: [unknown, jobId, `${unknown}:1`] }));
  expect(jobs).toHaveLength(1);
  expect(jobs?.[0]).toEqual(eventOf(events, jobId, "FAILED")?.detail);
  await expect(client.send(new TerminateJobCommand({ jobId: unknown, reason: "x" }))).rejects.toThrow(ClientException);
});

test("jobs are listed by state, children by their parent, page by page", async () => {
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
  ["an array of one", { arrayProperties: { size: 1 } }, "arrayProperties.size"],
  ["an array of too many", { arrayProperties: { size: 10_001 } }, "arrayProperties.size"],
  ["a definition that is not there", { jobDefinition: "nobody" }, "nobody"],
  ["a queue that is not there", { jobQueue: "elsewhere" }, "elsewhere"],
  ["a name with blanks", { jobName: "a b" }, "jobName"],
  ["a reserved variable", { containerOverrides: { environment: [{ name: "AWS_BATCH_X", value: "" }] } }, "AWS_BATCH"],
  ["too short a time-out", { timeout: { attemptDurationSeconds: 59 } }, "attemptDurationSeconds"],
])("%s is refused", async (_, input, message) => {
  const { client } = await setup();
  const refused = client.send(
    new SubmitJobCommand({ jobName: "job", jobQueue: "queue", jobDefinition: "sleeper", ...input }),
  );
  await expect(refused).rejects.toThrow(ClientException);
  await expect(refused).rejects.toThrow(message);
});

test("a program that is not there fails to start, with the reason that Batch gives", async () => {
  const { client, events } = await setup();
  const jobId = await submit(client, { containerOverrides: { command: ["/no/such/program"] } });
  const { detail } = await until(events, jobId, "FAILED");
  expect(detail).toMatchObject({
    statusReason: "Task failed to start",
    container: { reason: expect.stringMatching(/^CannotStartContainerError: .*ENOENT/) },
  });
});

test("closing ends what runs, drops what waits, and says so in events", async () => {
  const { batch, client, events } = await setup({ maxRunning: 1 });
  const [first, second] = [await submit(client), await submit(client)];
  await until(events, first, "RUNNING");
  await until(events, second, "RUNNABLE");
  await Promise.all([batch.close(), batch.close(0)]);
  expect([first, second].map((jobId) => eventOf(events, jobId, "FAILED")?.detail.statusReason)).toEqual([
    "The local stack was closed",
    "The local stack was closed",
  ]);
});

test("a port that is taken is named", async () => {
  const { batch } = await setup();
  const port = Number(new URL(batch.endpoint).port);
  await expect(startBatch({ jobDefinitions: {}, logDir: tmpdir(), port })).rejects.toThrow(UsageError);
});
