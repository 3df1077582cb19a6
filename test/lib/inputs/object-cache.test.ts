import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { download } from "../../../lib/inputs/download.ts";
import { ObjectCache } from "../../../lib/inputs/object-cache.ts";
import { testFolder } from "../../support/worker.ts";

/** A bucket in memory; the connection of the first request breaks off after `breaksAfter` bytes. */
class FakeS3 {
  readonly ranges: string[] = [];
  #breaksAfter: number | undefined;
  readonly #objects: Readonly<Record<string, Buffer>>;

  constructor(objects: Readonly<Record<string, Buffer>>, breaksAfter?: number) {
    this.#objects = objects;
    this.#breaksAfter = breaksAfter;
  }

  get client(): S3Client {
    return this as unknown as S3Client;
  }

  async send({ input: { Key = "", Range } }: GetObjectCommand) {
    this.ranges.push(Range ?? Key);
    const whole = this.#objects[Key] ?? Buffer.alloc(0);
    const [, from = 0, to = whole.length - 1] = /(\d+)-(\d+)/.exec(Range ?? "") ?? [];
    const body = whole.subarray(Number(from), Number(to) + 1);
    const end = this.#breaksAfter ?? body.length;
    this.#breaksAfter = undefined;
    return {
      Body: Readable.from([body.subarray(0, end)]),
      ETag: "1",
      ...(Range && { ContentRange: `bytes ${from}-${to}/${whole.length}` }),
    };
  }
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("a big object comes in parts, one of which goes on where its connection broke off", async () => {
  const big = randomBytes(33 * 1024 * 1024);
  const s3 = new FakeS3({ big }, 1_000_000);
  const file = join(await testFolder(), "big");
  const object = { bucket: "b", key: "big", bytes: big.length, sha256: sha256(big) };
  await download(s3.client, object, file);
  expect((await readFile(file)).equals(big)).toBe(true);
  expect(s3.ranges.toSorted()).toContain("bytes=1000000-16777215");
  expect(s3.ranges).toHaveLength(4);
});

test.each([
  [
    "other contents",
    { bytes: 3, sha256: sha256(Buffer.from("abc")) },
    /^s3:\/\/b\/x: expected [0-9a-f]+, found the SHA-256 /,
  ],
  ["another size", { bytes: 2, sha256: "" }, /^s3:\/\/b\/x: expected 2 bytes, found more than 2 bytes$/],
  ["another version", { bytes: 3, etag: "2" }, /^s3:\/\/b\/x: expected 2, found another version$/],
])("an object with %s is not taken, and leaves nothing in the cache", async (_, known, message) => {
  const folder = await testFolder();
  const s3 = new FakeS3({ x: Buffer.from("xyz") });
  const cache = new ObjectCache({ openS3: async () => s3.client, folder, signal: AbortSignal.timeout(60_000) });
  await expect(cache.take({ bucket: "b", key: "x", ...known })).rejects.toThrow(message);
  expect([await readdir(folder), cache.bytes]).toEqual([[], 0]);
});

test("each object is fetched once, read-only; above the limit the longest unused go, never one in use", async () => {
  const folder = await testFolder();
  const s3 = new FakeS3(Object.fromEntries(["a", "b", "c", "d"].map((key) => [key, Buffer.alloc(10, key)])));
  const options = { openS3: async () => s3.client, folder, maxBytes: 20, signal: AbortSignal.timeout(60_000) };
  const cache = new ObjectCache(options);
  const take = (key: string) => cache.take({ bucket: "b", key, bytes: 10, etag: "1" });
  const [a, again] = await Promise.all([take("a"), take("a")]);
  expect(s3.ranges).toEqual(["a"]);
  expect(a.path).toBe(again.path);
  expect((await stat(a.path)).mode & 0o777).toBe(0o444);
  const b = await take("b");
  b.leave();
  b.leave();
  const c = await take("c");
  // b was not in use; a still is, by one of two
  again.leave();
  expect(await readdir(folder)).toHaveLength(2);
  const d = await take("d");
  expect([cache.bytes, String(await readFile(a.path))]).toEqual([30, "a".repeat(10)]);
  for (const one of [a, c, d]) one.leave();
  await expect.poll(() => cache.bytes).toBe(20);
  await (await take("a")).leave();
  expect(s3.ranges).toEqual(["a", "b", "c", "d", "a"]);
});
