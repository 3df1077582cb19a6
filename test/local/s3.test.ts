import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { expect, onTestFinished, test, vi } from "vitest";
import { UsageError } from "../../lib/errors.ts";
import { s3Client } from "../../lib/s3-client.ts";
import { S3_CREDENTIALS, startS3 } from "../../local/s3.ts";
import type { S3Notification } from "../../local/s3-event.ts";
import { SOON } from "./soon.ts";

const bucket = "a-bucket";

async function setup(): Promise<{ dir: string; s3: S3Client; endpoint: string; events: S3Notification[] }> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-s3-"));
  const events: S3Notification[] = [];
  const server = await startS3({ dir, buckets: [bucket], onEvent: (event) => events.push(event) });
  const s3 = s3Client({
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
  });
  onTestFinished(async () => {
    s3.destroy();
    await server.close();
    await rm(dir, { recursive: true });
  });
  return { dir, s3, endpoint: server.endpoint, events };
}

test.each([
  "imports/align/samples.txt",
  "imports/with spaces/50% of a+b.txt",
  "imports/%2F%25/literally-encoded.txt",
  "imports/🧬 é #1?x=y&z.txt",
  "imports/quote'\"(1)*!~.txt",
  "imports/folder/",
])("object %s keeps its content and metadata, and its event decodes to its key", async (Key) => {
  const { s3, events } = await setup();
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key, Body: "a|b\n", Metadata: { delimiter: "|", "on-duplicate": "reset" } }),
  );
  const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
  expect(head).toMatchObject({ ContentLength: 4, Metadata: { delimiter: "|", "on-duplicate": "reset" } });
  expect(head.ETag).toMatch(/^"[0-9a-f]{32}"$/);
  expect(head.LastModified).toBeInstanceOf(Date);
  const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  expect(await got.Body?.transformToString()).toBe("a|b\n");
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "imports/" }));
  expect(listed.Contents?.map((object) => object.Key)).toEqual([Key]);
  const [record] = events.flatMap((event) => event.Records);
  expect(record).toMatchObject({
    eventName: "ObjectCreated:Put",
    s3: { bucket: { name: bucket }, object: { size: 4 } },
  });
  expect(decodeURIComponent(record?.s3.object.key.replaceAll("+", " ") ?? "")).toBe(Key);
});

test("a multipart upload arrives whole and has its own event", async () => {
  const { s3, events } = await setup();
  const body = randomBytes(12 * 1024 * 1024);
  await new Upload({
    client: s3,
    params: { Bucket: bucket, Key: "imports/big", Body: Readable.from([body]), Metadata: { delimiter: ";" } },
    partSize: 5 * 1024 * 1024,
    queueSize: 3,
  }).done();
  const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "imports/big" }));
  expect(body.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  expect(got.Metadata).toEqual({ delimiter: ";" });
  expect(events.flatMap((event) => event.Records.map((record) => record.eventName))).toEqual([
    "ObjectCreated:CompleteMultipartUpload",
  ]);
});

test("a stream arrives unchanged from an SDK that adds checksums", async () => {
  const { s3, endpoint } = await setup();
  // The SDK's defaults, without the environment variables of the stack.
  const eager = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: S3_CREDENTIALS,
    requestChecksumCalculation: "WHEN_SUPPORTED",
    responseChecksumValidation: "WHEN_SUPPORTED",
  });
  onTestFinished(() => eager.destroy());
  const body = randomBytes(300_000);
  const pieces = [body.subarray(0, 1), body.subarray(1, 70_000), body.subarray(70_000)];
  const put = { Bucket: bucket, Key: "k", Body: Readable.from(pieces), ContentLength: body.length };
  await eager.send(new PutObjectCommand(put));
  for (const client of [eager, s3]) {
    const got = await client.send(new GetObjectCommand({ Bucket: bucket, Key: "k" }));
    expect(got.ContentEncoding).toBeUndefined();
    expect(body.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  }
  await eager.send(new PutObjectCommand({ Bucket: bucket, Key: "empty", Body: Readable.from([]), ContentLength: 0 }));
  expect((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: "empty" }))).ContentLength).toBe(0);
});

test("a multipart upload that is aborted leaves nothing on the disk", async () => {
  const { s3, dir } = await setup();
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: "k" }));
  await s3.send(new UploadPartCommand({ Bucket: bucket, Key: "k", UploadId, PartNumber: 1, Body: "part" }));
  await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: "k", UploadId }));
  const left = await readdir(dir, { recursive: true });
  expect(left.filter((path) => path.includes(String(UploadId)))).toEqual([]);
});

test("a read during an overwrite returns the old or the new object, whole", async () => {
  const { s3 } = await setup();
  const bodies = ["a", "b"].map((letter) => letter.repeat(2_000_000));
  const put = (Body = "") => s3.send(new PutObjectCommand({ Bucket: bucket, Key: "k", Body }));
  await put(bodies[0]);
  let writing = true;
  const writer = (async () => {
    for (let round = 0; round < 20; round++) await put(bodies[round % 2]);
    writing = false;
  })();
  const seen = new Set<string | undefined>();
  while (writing) {
    seen.add(await (await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "k" }))).Body?.transformToString());
  }
  await writer;
  expect([...seen].filter((body) => !bodies.includes(body ?? "")).map((body) => body?.length)).toEqual([]);
});

test("a read during an overwrite returns the ETag of the content it returns", async () => {
  const { s3 } = await setup();
  const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: "k", Body }));
  await put("a");
  let isWriting = true;
  const writer = (async () => {
    for (let round = 0; round < 50; round++) await put(round % 2 ? "a" : "b");
    isWriting = false;
  })();
  const wrong: unknown[] = [];
  const reader = async () => {
    while (isWriting) {
      const { ETag, Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "k" }));
      const md5 = createHash("md5")
        .update((await Body?.transformToString()) ?? "")
        .digest("hex");
      if (ETag !== `"${md5}"`) wrong.push({ ETag, md5 });
    }
  };
  await Promise.all([writer, reader(), reader(), reader()]);
  expect(wrong).toEqual([]);
});

test("an interrupted upload leaves no object, and nothing on the disk", async () => {
  const { s3, dir, events } = await setup();
  const warned = vi.spyOn(console, "warn").mockImplementation(() => {}); // the SDK warns about the interrupted upload
  onTestFinished(() => warned.mockRestore());
  const aborted = new AbortController();
  const body = new Readable({ read() {} });
  body.push(Buffer.alloc(100_000));
  const put = s3.send(new PutObjectCommand({ Bucket: bucket, Key: "k", Body: body, ContentLength: 1_000_000 }), {
    abortSignal: aborted.signal,
  });
  const failed = expect(put).rejects.toThrow();
  await expect.poll(() => readdir(join(dir, ".partial")).catch(() => []), SOON).toHaveLength(1);
  aborted.abort();
  await failed;
  await expect.poll(() => readdir(join(dir, ".partial")), SOON).toEqual([]);
  await expect(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: "k" }))).rejects.toMatchObject({
    name: "NotFound",
  });
  expect(events).toEqual([]);
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  expect(Buckets?.map(({ Name }) => Name)).toEqual([bucket]);
});

test("listing covers all pages in key order, and supports a delimiter", async () => {
  const { s3 } = await setup();
  const keys = ["a", "a-b", "a.b", "a/1", "a/2", "b/1", "c", "é"];
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "x" }));
  const listed: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 3, ContinuationToken: token }));
    listed.push(...(page.Contents ?? []).map((object) => object.Key));
    token = page.NextContinuationToken;
  } while (token);
  expect(listed).toEqual(keys);
  const folders = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Delimiter: "/" }));
  expect(folders.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["a/", "b/"]);
});

test("deleting an object removes it and sends an event", async () => {
  const { s3, events } = await setup();
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "f/k", Body: "x" }));
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: "f/k" }));
  expect(events.at(-1)?.Records[0]?.eventName).toBe("ObjectRemoved:Delete");
  await expect(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: "f/k" }))).rejects.toMatchObject({
    name: "NotFound",
  });
});

test("a key that escapes its bucket is rejected", async () => {
  const { s3, dir } = await setup();
  const put = s3.send(new PutObjectCommand({ Bucket: bucket, Key: "x/../../../escaped", Body: "x" }));
  await expect(put).rejects.toMatchObject({ name: "InvalidArgument" });
  expect(await readdir(dir)).not.toContain("escaped._S3rver_object");
});

test("a key that no file can be named after is rejected for good, instead of failing as if the server were broken", async () => {
  const { s3 } = await setup();
  const put = s3.send(new PutObjectCommand({ Bucket: bucket, Key: `x/${"n".repeat(255)}`, Body: "x" }));
  await expect(put).rejects.toMatchObject({ name: "KeyTooLongError", $metadata: { httpStatusCode: 400 } });
});

test("the error for a taken port names the port", async () => {
  const { dir, endpoint } = await setup();
  const port = Number(new URL(endpoint).port);
  const second = startS3({ dir, buckets: [bucket], port });
  await expect(second).rejects.toThrow(UsageError);
  await expect(second).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
});

test("a server that is closed during an upload prints nothing", async () => {
  const printed = vi.spyOn(console, "error");
  onTestFinished(() => printed.mockRestore());
  const dir = await mkdtemp(join(tmpdir(), "anamo-s3-"));
  onTestFinished(() => rm(dir, { recursive: true, maxRetries: 5, retryDelay: 50 }));
  for (const wait of [0, 2, 5, 10, 20]) {
    const server = await startS3({ dir, buckets: [bucket] });
    const s3 = s3Client({
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL_S3: server.endpoint,
      AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
    });
    const puts = Array.from({ length: 20 }, (_, index) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: `k${index}`, Body: randomBytes(1000) })).catch(() => {}),
    );
    await new Promise((resolve) => setTimeout(resolve, wait));
    await server.close();
    s3.destroy();
    await Promise.all(puts);
  }
  expect(printed).not.toHaveBeenCalled();
});
