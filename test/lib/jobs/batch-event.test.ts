import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { BatchEventError, parseBatchEvent } from "../../../lib/jobs/batch-event.ts";
import { batchEvent } from "../../support/events.ts";

const JOB = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8";
const ARRAY = "2f6c7d2e-5b0a-4d7e-9f37-6a3c1e8b9d40";

describe("recorded events", () => {
  test.each([
    ["job-failed", { jobId: JOB, status: "FAILED", endedAttempts: 1, cause: "lost" }],
    ["job-succeeded", { jobId: JOB, status: "SUCCEEDED", endedAttempts: 1, cause: "lost" }],
    ["array-child-failed", { jobId: `${ARRAY}:2`, isArrayParent: false, endedAttempts: 1, cause: "lost" }],
    ["array-parent-failed", { jobId: ARRAY, isArrayParent: true }],
    ["spot-reclaim", { jobId: `${ARRAY}:0`, endedAttempts: 1, cause: "interrupted" }],
    ["fargate-spot", { jobId: JOB, endedAttempts: 1, cause: "interrupted" }],
    ["timeout", { jobId: JOB, endedAttempts: 1, cause: "interrupted" }],
    ["terminated", { jobId: JOB, endedAttempts: 1, cause: "interrupted" }],
    ["oom", { jobId: JOB, endedAttempts: 1, cause: "oom" }],
    ["retried-attempt", { jobId: JOB, status: "RUNNABLE", hasEnded: false, endedAttempts: 1, cause: "interrupted" }],
  ])("%s", async (name, expected) => {
    expect(parseBatchEvent(await batchEvent(name))).toMatchObject(expected);
  });

  test("of every file can be parsed", async () => {
    const files = await readdir(new URL("../../../events/", import.meta.url));
    const names = files.flatMap((file) => /^batch-(.+)\.json$/.exec(file)?.[1] ?? []);
    for (const name of names) expect(parseBatchEvent(await batchEvent(name)).jobId).toMatch(/^[0-9a-f-]{36}(:\d+)?$/);
  });

  test("name the instance that went away, the queue and the time", async () => {
    expect(parseBatchEvent(await batchEvent("spot-reclaim"))).toMatchObject({
      message: "The worker's EC2 instance i-0f1e2d3c4b5a69788 went away: a spot reclaim, or it was terminated.",
      jobQueue: "arn:aws:batch:us-east-1:123456789012:job-queue/anamo-dev",
      atMs: Date.parse("2026-11-20T08:24:15Z"),
    });
  });
});

describe("which attempts are over", () => {
  const stopped = { stoppedAt: 1, container: { exitCode: 1 } };
  test.each([
    ["RUNNABLE", [], 0],
    ["RUNNABLE", [stopped], 1],
    ["RUNNABLE", [stopped, {}], 2],
    ["RUNNING", [stopped], 1],
    ["RUNNING", [stopped, { startedAt: 2 }], 1],
    ["STARTING", [stopped, stopped], 2],
    ["FAILED", [stopped, stopped], 2],
    ["FAILED", [stopped, {}], 2],
    ["FAILED", [], 1],
    ["SUCCEEDED", [], 1],
  ])("of a %s job with attempts %j, the first %i", async (status, attempts, endedAttempts) => {
    expect(parseBatchEvent(await batchEvent("job-failed", { status, attempts }))).toMatchObject({ endedAttempts });
  });

  test("a job that waits for its next attempt says why the last one ended, not why it waits", async () => {
    const event = await batchEvent("retried-attempt", { statusReason: "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY" });
    expect(parseBatchEvent(event).message).toContain("i-0f1e2d3c4b5a69788");
  });
});

describe("an event with few or many fields", () => {
  test("needs only id, name, queue and status", () => {
    const event = {
      "detail-type": "Batch Job State Change",
      detail: { jobId: JOB, jobName: "a", jobQueue: "q", status: "FAILED" },
    };
    expect(parseBatchEvent(event)).toMatchObject({ jobId: JOB, endedAttempts: 1, cause: "lost", atMs: undefined });
  });

  test("may have unknown properties", async () => {
    const event = await batchEvent("oom", { newFeature: { nested: [1] } });
    expect(parseBatchEvent({ ...event, "new-envelope": true })).toMatchObject({ cause: "oom" });
  });

  test("may describe its containers as ecsProperties does", async () => {
    const containers = [
      { name: "sidecar", exitCode: 0 },
      { name: "worker", exitCode: 137, reason: "OutOfMemoryError: x" },
    ];
    const attempts = [{ container: {}, taskProperties: [{ containers }] }];
    expect(parseBatchEvent(await batchEvent("job-failed", { attempts, container: {} }))).toMatchObject({
      cause: "oom",
    });
  });

  test.each([
    ["another type", { "detail-type": "Batch Job Queue Blocked", detail: {} }],
    [
      "no job id",
      { "detail-type": "Batch Job State Change", detail: { jobName: "a", jobQueue: "q", status: "FAILED" } },
    ],
    ["nothing", undefined],
  ])("is rejected if it has %s", (_, event) => {
    expect(() => parseBatchEvent(event)).toThrow(BatchEventError);
  });
});
