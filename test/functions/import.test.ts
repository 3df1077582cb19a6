import { readFile } from "node:fs/promises";
import type { S3Event } from "aws-lambda";
import { expect, test } from "vitest";
import { createImportHandler } from "../../functions/import.ts";
import { S3EventError } from "../../functions/s3-event.ts";
import { ConfigError } from "../../lib/errors.ts";
import { noCounts } from "../../lib/import/import-file.ts";
import { testEnv } from "../support/env.ts";
import { importBench, scriptsNow } from "../support/imports.ts";

const FILE = "itemID|TaskID|TaskScript\na|s1|seq 1\nb|s2|seq 2\nc|s3|seq 3\n";

/** A recorded event with other keys: one record for each. */
async function eventOf(bucket: string, keys: readonly string[], object: { eTag?: string } = {}): Promise<S3Event> {
  const { Records } = JSON.parse(await readFile("events/s3-put.json", "utf8")) as S3Event;
  const [record] = Records;
  if (!record) throw new Error("an event without a record");
  const encode = (key: string) => encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/");
  return {
    Records: keys.map((key) => {
      const { eTag: _, ...recorded } = record.s3.object;
      const s3 = {
        ...record.s3,
        bucket: { ...record.s3.bucket, name: bucket },
        object: { ...recorded, ...object, key: encode(key) },
      };
      return { ...record, s3 } as S3Event["Records"][number];
    }),
  };
}

async function functionBench() {
  const bench = await importBench();
  const handler = createImportHandler({ ...testEnv(), ANAMO_TABLE: bench.table.name });
  return { ...bench, handler };
}

test("a file with an encoded key is imported into the step of its folder", async () => {
  const { table, bucket, handler, step, putAt } = await functionBench();
  const key = await putAt(`imports/${step} é+#1/a b & c.txt`, FILE);
  const answer = await handler(await eventOf(bucket, [key]));
  expect(answer).toEqual({
    files: [
      {
        key,
        status: "imported",
        counts: { ...noCounts(), imported: 3, tasks: 3 },
        reportKey: `reports/imports/${step} é+#1/a b & c.txt.json`,
      },
    ],
  });
  expect(await scriptsNow(table)).toEqual({ a: "seq 1", b: "seq 2", c: "seq 3" });
});

test("a file outside any folder goes to the step default", async () => {
  const { bucket, handler, step, putAt, text } = await functionBench();
  const key = await putAt(`imports/${step}.txt`, FILE);
  await handler(await eventOf(bucket, [key]));
  expect(JSON.parse((await text(`reports/imports/${step}.txt.json`)) ?? "")).toMatchObject({ step: "default" });
});

test("a bad record of an event does not stop the import of the others", async () => {
  const { bucket, handler, put, step } = await functionBench();
  const keys = [
    `imports/${step}/`,
    await put("bad.txt", "what|is|this\n"),
    "progress/latest.json",
    await put("run.txt", FILE),
  ];
  const { files } = await handler(await eventOf(bucket, keys));
  expect(files.map(({ status }) => status)).toEqual(["ignored", "rejected", "ignored", "imported"]);
  expect(files[2]?.message).toBe("not under imports/");
});

test("an unexpected error is thrown after the other files have been imported", async () => {
  const { table, bucket, handler, put } = await functionBench();
  const event = await eventOf(bucket, ["imports/x/y.txt", await put("run.txt", FILE)]);
  const [lost] = event.Records;
  if (lost) lost.s3.bucket.name = "no/bucket";
  await expect(handler(event)).rejects.toThrow("Bucket");
  expect(Object.keys(await scriptsNow(table))).toHaveLength(3);
});

test.each([{}, "imports/a.txt", undefined, { Records: [] }])(
  "the event %j is an error, not an empty answer",
  async (event) => {
    const { handler } = await functionBench();
    await expect(handler(event)).rejects.toThrow(S3EventError);
  },
);

test("a record without a key is an error that names the field, after the other files have been imported", async () => {
  const { table, bucket, handler, put } = await functionBench();
  const { Records } = await eventOf(bucket, [await put("run.txt", FILE)]);
  const event = { Records: [{ s3: { bucket: { name: bucket }, object: {} } }, ...Records] };
  await expect(handler(event)).rejects.toThrow(
    new S3EventError("Records[0].s3.object.key: expected text, found nothing"),
  );
  expect(Object.keys(await scriptsNow(table))).toHaveLength(3);
});

test("an object that was removed is not imported", async () => {
  const { bucket, handler, put } = await functionBench();
  const { Records } = await eventOf(bucket, [await put("run.txt", FILE)]);
  const event = { Records: Records.map((record) => ({ ...record, eventName: "ObjectRemoved:Delete" })) };
  expect(await handler(event)).toMatchObject({
    files: [{ status: "ignored", message: "not a new object: ObjectRemoved:Delete" }],
  });
});

test("a file that EventBridge announces is imported", async () => {
  const { table, bucket, handler, step, putAt } = await functionBench();
  const key = await putAt(`imports/${step}/a b+c.txt`, FILE);
  const event = { "detail-type": "Object Created", detail: { bucket: { name: bucket }, object: { key, size: 1 } } };
  expect(await handler(event)).toMatchObject({ files: [{ key, status: "imported" }] });
  expect(Object.keys(await scriptsNow(table))).toHaveLength(3);
});

test("of the messages of a queue, only those that failed are delivered again", async () => {
  const { table, bucket, handler, put } = await functionBench();
  const good = await eventOf(bucket, [await put("run.txt", FILE)]);
  const bad = await eventOf("no/bucket", ["imports/x/y.txt"]);
  const message = (messageId: string, body: string) => ({ messageId, body });
  const Records = [
    message("m1", "not JSON"),
    message("m2", JSON.stringify(good)),
    message("m3", JSON.stringify(bad)),
    message("m4", JSON.stringify({ Service: "Amazon S3", Event: "s3:TestEvent" })),
  ];
  const answer = await handler({ Records });
  expect(answer.batchItemFailures).toEqual([{ itemIdentifier: "m1" }, { itemIdentifier: "m3" }]);
  expect(answer.files).toMatchObject([{ status: "imported" }]);
  expect(Object.keys(await scriptsNow(table))).toHaveLength(3);
});

test("if all messages of a queue failed, the call fails, so that none is deleted", async () => {
  const { handler } = await functionBench();
  await expect(handler({ Records: [{ messageId: "m1", body: "not JSON" }] })).rejects.toThrow(
    new S3EventError('Records[0].body: expected JSON, found "not JSON"'),
  );
});

test("when time is nearly up, the rest is left to the event of the continuation", async () => {
  const { bucket, handler, put, table } = await functionBench();
  const key = await put("run.txt", FILE);
  const nearlyOver = { getRemainingTimeInMillis: () => 1000 };
  const first = await handler(await eventOf(bucket, [key]), nearlyOver);
  expect(first.files).toMatchObject([{ key, status: "continues", counts: { imported: 1 } }]);
  const second = await handler(await eventOf(bucket, [`continuations/${key}.json`]));
  expect(second.files).toMatchObject([{ key, status: "imported", counts: { imported: 3 } }]);
  expect(Object.keys(await scriptsNow(table))).toHaveLength(3);
});

test("without a table name it says which variable is missing", () => {
  expect(() => createImportHandler({})).toThrow(
    new ConfigError("ANAMO_TABLE: expected the name of the table, found nothing"),
  );
});
