import { DeleteObjectCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import { createSummarizeHandler, LATEST_SUMMARY } from "../../functions/summarize.ts";
import { testBucket, testEnv, testTable } from "../support/env.ts";
import { addItems, claimAs, newItem } from "../support/items.ts";

test("it returns the summary and writes it to the bucket, as the latest and under its date", async () => {
  const table = await testTable();
  await addItems(table, [newItem("a"), newItem("b"), newItem("c", { step: "call" })]);
  await claimAs(table, "a", "lock", { instance: "host/1" });
  const summary = await createSummarizeHandler({ ...testEnv(), ANAMO_TABLE: table.name })({});
  expect(summary).toMatchObject({ table: table.name, items: { todo: 2, locked: 1, done: 0, failed: 0, held: 0 } });

  const { s3, bucket } = testBucket();
  const dated = `progress/${summary.at.slice(0, 10)}/${summary.at.slice(11, 19).replaceAll(":", "-")}Z.json`;
  for (const Key of [LATEST_SUMMARY, dated]) {
    const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    expect(JSON.parse((await Body?.transformToString()) ?? "")).toEqual(summary);
    expect(ContentType).toBe("application/json");
    onTestFinished(async () => void (await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))));
  }
});

test("without a bucket it names the variable", async () => {
  const handler = createSummarizeHandler({ ...testEnv(), ANAMO_TABLE: "a-table", ANAMO_BUCKET: undefined });
  await expect(handler({})).rejects.toThrow("ANAMO_BUCKET: expected the name of the bucket, found nothing");
});
