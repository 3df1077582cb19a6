import { expect, onTestFinished, test } from "vitest";
import { batchClient } from "../../../lib/batch-client.ts";
import { describeJobsWith } from "../../../lib/jobs/describe-jobs.ts";
import { ACCESS_DENIED, batchServer } from "../../support/batch-server.ts";
import { testEnv } from "../../support/env.ts";

test("returns jobs as Batch describes them, without those that it does not know", async () => {
  const known = { jobId: "a:1", jobName: "w", status: "FAILED", attempts: [{ statusReason: "x", container: {} }] };
  const asked: unknown[] = [];
  const describeJobs = describeJobsAt(
    await batchServer((body) => {
      asked.push(body);
      return { status: 200, json: { jobs: [known] } };
    }),
  );
  expect(await describeJobs(["a:1", "b"])).toMatchObject([{ jobId: "a:1", status: "FAILED", attempts: [{}] }]);
  expect(asked).toEqual([{ jobs: ["a:1", "b"] }]);
});

test("a refused call throws an error with its name", async () => {
  const describeJobs = describeJobsAt(await batchServer(() => ACCESS_DENIED));
  await expect(describeJobs(["a"])).rejects.toMatchObject({ name: "AccessDeniedException" });
});

function describeJobsAt(endpoint: string) {
  const client = batchClient({ ...testEnv(), AWS_ENDPOINT_URL_BATCH: endpoint });
  onTestFinished(() => client.destroy());
  return describeJobsWith(client);
}
