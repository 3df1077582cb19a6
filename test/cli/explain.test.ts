import { expect, test } from "vitest";
import { anamo } from "../support/anamo.ts";
import { batchServer } from "../support/batch-server.ts";
import { testFolder } from "../support/worker.ts";

const KEYS = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };

test("without a region, the message says how to name one", async () => {
  const env = { ...KEYS, HOME: await testFolder() };
  expect(await anamo(["summary", "--table", "any-table"], { env })).toMatchObject({
    exitCode: 1,
    stderr: "anamo: no region is named: give --region, or set AWS_REGION\n",
  });
});

test("a missing permission is reported in AWS's own words", async () => {
  const message =
    "User: arn:aws:iam::123456789012:user/eve is not authorized to perform: dynamodb:GetItem on any-table";
  const json = { __type: "com.amazon.coral.service#AccessDeniedException", message };
  const AWS_ENDPOINT_URL = await batchServer(() => ({ status: 400, json }));
  const env = { ...KEYS, AWS_REGION: "us-east-1", AWS_ENDPOINT_URL };
  expect(await anamo(["summary", "--table", "any-table"], { env })).toMatchObject({
    exitCode: 1,
    stderr: `anamo: these credentials may not do that: ${message}\n`,
  });
});
