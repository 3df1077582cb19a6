import { expect, test, vi } from "vitest";
import { askBatch } from "../../../lib/jobs/ask-batch.ts";
import type { DescribeJobs } from "../../../lib/jobs/describe-jobs.ts";
import { isBatchId } from "../../../lib/jobs/locked-entries.ts";

const JOB = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8";

test.each([
  [JOB, true],
  [`${JOB}:0`, true],
  [`${JOB}:9999`, true],
  [`${JOB}:`, false],
  [`${JOB}#1`, false],
  ["i-0f1e2d3c4b5a69788", false],
  ["laptop/4711", false],
  ["", false],
])("%s is a Batch job: %s", (instance, expected) => {
  expect(isBatchId(instance)).toBe(expected);
});

test("keeps what Batch answered before a call failed, and then makes no more calls", async () => {
  const jobs = Array.from({ length: 1_000 }, (_, n) => `${JOB}:${n}`);
  let calls = 0;
  const describeJobs = vi.fn<DescribeJobs>(async (ids) => {
    calls += 1;
    if (calls > 1) throw Object.assign(new Error("Too many requests"), { name: "TooManyRequestsException" });
    return ids.map((jobId) => ({ jobId, status: "FAILED" }));
  });
  const answer = await askBatch(jobs, describeJobs);
  expect(answer).toMatchObject({ asked: 100, problem: "TooManyRequestsException: Too many requests" });
  expect(answer.verdicts.size).toBe(100);
  expect(describeJobs.mock.calls.length).toBeLessThan(10);
});

test("without jobs to ask about, it is not a problem that Batch cannot be asked", async () => {
  expect(await askBatch([], undefined)).toEqual({ verdicts: new Map(), asked: 0 });
});
