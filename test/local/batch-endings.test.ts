import {
  CancelJobCommand,
  DescribeJobsCommand,
  TerminateJobCommand,
  TerminateJobsCommand,
} from "@aws-sdk/client-batch";
import { expect, test } from "vitest";
import { eventOf, isAlive, printed, run, setup, statesOf, submit, until } from "./batch-support.ts";
import { SOON } from "./soon.ts";

test("when a killed job is reported as failed, everything it started has ended", async () => {
  let pids: string[] = [];
  const aliveAtTheEvent: boolean[][] = [];
  const { client, logDir } = await setup({
    onStateChange: ({ detail }) => {
      if (detail.status === "FAILED") aliveAtTheEvent.push(pids.map(isAlive));
    },
  });
  // A child, a grandchild in its own session, and a child without the environment.
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

test("a process ended by a signal from outside counts as a lost host", async () => {
  const { client, events, logDir } = await setup();
  const jobId = await submit(client, run('echo "main $$"; exec sleep 600'));
  process.kill(Number(await printed(logDir, jobId, "main")), "SIGKILL");
  const { detail } = await until(events, jobId, "FAILED");
  expect(detail.statusReason).toMatch(/^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/);
  expect(detail.attempts?.[0]?.statusReason).toBe(detail.statusReason);
  expect(detail.container).not.toHaveProperty("exitCode");
  expect(detail.attempts?.[0]?.container).not.toHaveProperty("exitCode");
});

test("the retry strategy can retry a lost host and not an exit code", async () => {
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

test("a job that exceeds its time limit is killed and not retried", async () => {
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

test("a terminated job gets SIGTERM and reports the reason", async () => {
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

test("terminating an array stops running children and drops waiting ones", async () => {
  const { client, events } = await setup({ maxRunning: 1 });
  const jobId = await submit(client, { arrayProperties: { size: 3 } });
  await until(events, `${jobId}:0`, "RUNNING");
  await client.send(new TerminateJobsCommand({ jobs: [jobId], reason: "stop" }));
  await until(events, jobId, "FAILED");
  expect(statesOf(events, `${jobId}:2`)).toEqual(["RUNNABLE", "FAILED"]);
  expect(eventOf(events, `${jobId}:2`, "FAILED")?.detail).toMatchObject({ statusReason: "stop", attempts: [] });
  expect(eventOf(events, `${jobId}:0`, "FAILED")?.detail).toMatchObject({ statusReason: "stop", isTerminated: true });
});

test("canceling drops a waiting job and leaves a running one alone", async () => {
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

test("closing stops running jobs, drops waiting ones, and sends events for both", async () => {
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
