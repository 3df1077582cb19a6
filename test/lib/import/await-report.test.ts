import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { awaitReport, marksOf, NoReportError, ReportReplacedError } from "../../../lib/import/await-report.ts";
import { upload } from "../../../lib/import/drop.ts";
import { importFile } from "../../../lib/import/import-file.ts";
import { importNames } from "../../../lib/import/names.ts";
import { testBucket, testTable } from "../../support/env.ts";
import { testFolder } from "../../support/worker.ts";

/** A file in a bucket from which nothing imports. */
async function dropped() {
  const { s3, bucket } = testBucket();
  const file = join(await testFolder(), "tasks.txt");
  await writeFile(file, "itemID|TaskID|TaskScript\nA|S|true\n");
  const place = await upload(s3, bucket, file, { step: `s-${randomUUID()}` });
  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  return { s3, place, put, wait: awaitReport.bind(undefined, s3, place) };
}

test("if no report arrives, the error says where everything is and what to check", async () => {
  const { wait, place } = await dropped();
  let slow = 0;
  // one poll may take some hundred milliseconds on a busy machine, and both times must be reached
  const waited = wait({}, { timeoutMs: 2_000, slowMs: 20, onSlow: () => slow++ });
  await expect(waited).rejects.toThrow(NoReportError);
  await expect(waited).rejects.toThrow(
    `the file was uploaded to s3://${place.bucket}/${place.key}, but no report arrived at s3://${place.bucket}/${place.reportKey} within 2 s.`,
  );
  expect(slow).toBe(1);
});

test("an old report is not mistaken for the new one", async () => {
  const { s3, wait, place, put } = await dropped();
  await put(place.reportKey, '{"status":"imported","imported":1}');
  const before = await marksOf(s3, place);
  await expect(wait(before, { timeoutMs: 100 })).rejects.toThrow(NoReportError);
  const waited = wait(before);
  await put(place.reportKey, '{"status":"imported","imported":2}');
  expect(await waited).toEqual({ status: "imported", imported: 2, reportKey: place.reportKey });
});

test("a new part of an import restarts the timeout", async () => {
  const { s3, wait, place, put } = await dropped();
  const { continuationKey } = importNames(place.key);
  await put(continuationKey, "the note of an import that broke off long ago");
  const before = await marksOf(s3, place);
  await expect(wait(before, { timeoutMs: 100 })).rejects.toThrow(NoReportError);
  await put(continuationKey, "part 1 is done");
  const startedAtMs = performance.now();
  await expect(wait(before, { timeoutMs: 150 })).rejects.toThrow(NoReportError);
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(300);
});

test("the wait can be stopped", async () => {
  const { wait } = await dropped();
  const stop = new AbortController();
  const waited = wait({}, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(waited).rejects.toThrow("enough");
});

/** A list that can be uploaded again and again under one name, and imported when the test says so. */
async function uploads() {
  const { s3, bucket } = testBucket();
  const table = await testTable();
  const file = join(await testFolder(), "tasks.txt");
  const step = `s-${randomUUID()}`;
  await writeFile(file, "itemID|TaskID|TaskScript\nA|S|true\n");
  return {
    s3,
    async send() {
      const uploadId = randomUUID();
      return { ...(await upload(s3, bucket, file, { step, uploadId })), uploadId };
    },
    import: (key: string) => importFile({ table, s3 }, { bucket, key }),
  };
}

test("the report of an earlier upload of the list, whose import ends late, is not taken for that of the new one", async () => {
  const { s3, send, ...bench } = await uploads();
  const first = await send();
  const before = await marksOf(s3, first);
  // the first import is in progress when the list is uploaded again, and what it reports reaches the bucket only after
  // that
  await bench.import(first.key);
  const second = await send();
  await expect(awaitReport(s3, second, before, { timeoutMs: 100 })).rejects.toThrow(NoReportError);
  const waited = awaitReport(s3, second, before);
  await bench.import(second.key);
  expect(await waited).toMatchObject({ imported: 0, skipped: 1, uploadId: second.uploadId });
});

test("whoever waits for the report of a file that was replaced is told so", async () => {
  const { s3, send, ...bench } = await uploads();
  const first = await send();
  const before = await marksOf(s3, first);
  const second = await send();
  await bench.import(second.key);
  await expect(awaitReport(s3, first, before)).rejects.toThrow(ReportReplacedError);
  expect(await awaitReport(s3, second, before)).toMatchObject({ imported: 1 });
});
