import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { workerIdentity } from "../../worker/identity.ts";

const JOB = "0d1c2b3a-0000-4000-8000-000000000000";

function machine(assetTag?: string) {
  const dir = mkdtempSync(join(tmpdir(), "anamo-identity-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const assetTagPath = join(dir, "board_asset_tag");
  if (assetTag !== undefined) writeFileSync(assetTagPath, assetTag);
  return { pid: 42, hostname: () => "laptop", assetTagPath };
}

test.each([
  [
    { AWS_BATCH_JOB_ID: JOB, AWS_BATCH_JOB_ATTEMPT: "2" },
    { instance: JOB, jobAttempt: 2 },
  ],
  [{ AWS_BATCH_JOB_ID: JOB }, { instance: JOB, jobAttempt: 1 }],
  [
    { AWS_BATCH_JOB_ID: JOB, AWS_BATCH_JOB_ATTEMPT: "x" },
    { instance: JOB, jobAttempt: 1 },
  ],
  [
    { AWS_BATCH_JOB_ID: `${JOB}:7`, AWS_BATCH_JOB_ARRAY_INDEX: "7" },
    { instance: `${JOB}:7`, jobAttempt: 1 },
  ],
  [
    { AWS_BATCH_JOB_ID: JOB, AWS_BATCH_JOB_ARRAY_INDEX: "0" },
    { instance: `${JOB}:0`, jobAttempt: 1 },
  ],
  [
    { AWS_BATCH_JOB_ID: `${JOB}:17`, AWS_BATCH_JOB_ARRAY_INDEX: "17" },
    { instance: `${JOB}:17`, jobAttempt: 1 },
  ],
])("a worker with %o is identified by its Batch job, even on EC2", (env, expected) => {
  expect(workerIdentity(env, machine("i-0abc"))).toEqual(expected);
});

test("a worker on EC2 without Batch is identified by its instance and process", () => {
  const identity = workerIdentity({}, machine("i-0123456789abcdef0\n"));

  expect(identity).toEqual({ instance: "i-0123456789abcdef0/42", jobAttempt: 0 });
});

test.each([[undefined], [""], ["Default string\n"], ["i-am-no-instance"]])(
  "a worker on a machine with asset tag %o is identified by host and process",
  (tag) => {
    expect(workerIdentity({}, machine(tag))).toEqual({ instance: "laptop/42", jobAttempt: 0 });
  },
);
