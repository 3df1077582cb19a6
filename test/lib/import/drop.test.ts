import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { upload } from "../../../lib/import/drop.ts";
import { testBucket } from "../../support/env.ts";
import { testFolder } from "../../support/worker.ts";

test("a file is uploaded to the folder of its step, with the options as metadata", async () => {
  const { s3, bucket } = testBucket();
  const file = join(await testFolder(), `${randomUUID()}.txt`);
  await writeFile(file, "itemID\tTaskID\tTaskScript\n");
  const { key } = await upload(s3, bucket, file, {
    step: "align",
    onDuplicate: "reset",
    delimiter: "\t",
    nestedDelimiter: ":",
  });
  expect(key).toMatch(/^imports\/align\/[\w-]+\.txt$/);
  expect((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).Metadata).toEqual({
    "on-duplicate": "reset",
    delimiter: "tab",
    "nested-delimiter": ":",
  });
});
