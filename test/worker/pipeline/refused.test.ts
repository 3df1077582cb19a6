import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { s3Client } from "../../../lib/s3-client.ts";
import { archiveName } from "../../../worker/pipeline/archive-name.ts";
import { download } from "../../../worker/pipeline/download.ts";
import { packed, storedArchive, tarOf } from "../../support/archives.ts";
import { testBucket, testEnv } from "../../support/env.ts";
import { testFolder } from "../../support/worker.ts";
import { testMachine } from "./support.ts";

test.each(["", "pipeline.tar.gz", "s3://", "s3://bucket", "s3://bucket/", "s3:///key", "https://bucket/key"])(
  "%j is no archive's name",
  (text) => expect(() => archiveName(text)).toThrow(`expected s3://bucket/key.tar.gz, got ${JSON.stringify(text)}`),
);

test("a name may have folders in it", () => {
  expect(archiveName("s3://b/pipeline/v1/p.tar.gz")).toEqual({ bucket: "b", key: "pipeline/v1/p.tar.gz" });
});

describe("a sentence says", () => {
  test.each([
    ["that the object is not there", "anamo-test", "s3://anamo-test/no/such.tar.gz: not there"],
    ["that the bucket is not there", "no-such-bucket", "s3://no-such-bucket/no/such.tar.gz: not there"],
  ])("%s", async (_, bucket, message) => {
    const { fetchOn } = await testMachine();
    const { s3 } = testBucket();
    await expect(fetchOn(s3, { bucket, key: "no/such.tar.gz" })).rejects.toMatchObject({
      name: "PipelineError",
      message,
    });
  });

  test("that it may not be read", async () => {
    const { archive, url } = await storedArchive(await packed({ "align.sh": "" }));
    const s3 = s3Client({ ...testEnv(), AWS_ACCESS_KEY_ID: "somebody", AWS_SECRET_ACCESS_KEY: "else" });
    onTestFinished(() => s3.destroy());
    const { fetchOn } = await testMachine();
    await expect(fetchOn(s3, archive)).rejects.toMatchObject({
      name: "PipelineError",
      message: expect.stringContaining(`${url}: not there, or may not be read`),
    });
  });

  test.each([
    ["no gzip", "PK\u0003\u0004 a zip file", "not a gzip file"],
    ["one byte", "x", "not a gzip file"],
    ["no tar inside the gzip", Buffer.from("1f8b0800000000000003cb48cdc9c957c840900077a6ee6e13000000", "hex"), "tar"],
  ])("that it is %s", async (_, bytes, why) => {
    const { archive, s3, url } = await storedArchive(bytes);
    const { parent, fetchOn } = await testMachine();
    const error: Error = await fetchOn(s3, archive).then(expect.unreachable, (error) => error);
    expect(error).toMatchObject({ name: "PipelineError", message: expect.stringContaining(why) });
    expect(error.message).toContain(url);
    expect(await readdir(join(parent, String((await readdir(parent))[0])))).toEqual([]);
  });

  test("that it is not whole", async () => {
    const whole = await packed({ "align.sh": "echo aligned" });
    const { archive, s3 } = await storedArchive(whole.subarray(0, whole.length - 20));
    const { fetchOn } = await testMachine();
    await expect(fetchOn(s3, archive)).rejects.toThrow(/could not be unpacked: .*unexpected end/i);
  });

  test("that the folder for archives is another's", async () => {
    const { archive, s3 } = await storedArchive(await packed({ "align.sh": "" }));
    const { parent, fetchOn } = await testMachine();
    await fetchOn(s3, archive);
    const store = join(parent, String((await readdir(parent))[0]));
    await rm(store, { recursive: true });
    await symlink(await testFolder(), store);
    await expect(fetchOn(s3, archive)).rejects.toThrow(`${store} is not a folder that belongs to this user alone`);
  });
});

describe("an archive writes nothing outside of its folder", () => {
  test("by names with ..", async () => {
    const folder = await testFolder();
    await writeFile(join(folder, "evil"), "");
    await refuses(await tarOf(folder, ["-czPf", "out.tar.gz", "--transform", "s,^,../../,", "evil"]), "..");
  });

  test("by a link that it makes first", async () => {
    const folder = await testFolder();
    const outside = await testFolder();
    await symlink(outside, join(folder, "way"));
    await tarOf(folder, ["-cf", "out.tar.gz", "way"]);
    await rm(join(folder, "way"));
    await mkdir(join(folder, "way"));
    await writeFile(join(folder, "way", "evil"), "");
    const bytes = await tarOf(folder, ["-rf", "out.tar.gz", "way/evil"]);
    const { archive, s3 } = await storedArchive(gzipSync(bytes));
    await (await testMachine()).fetchOn(s3, archive).catch(() => {});
    expect(await readdir(outside)).toEqual([]);
  });

  test("by full names: they lead into the folder", async () => {
    const folder = await testFolder();
    const path = join(folder, "evil");
    await writeFile(path, "");
    const bytes = await tarOf(folder, ["-czPf", "out.tar.gz", path]);
    await rm(path);
    const { archive, s3 } = await storedArchive(bytes);
    await (await testMachine()).fetchOn(s3, archive);
    expect(await readdir(folder)).toEqual(["out.tar.gz"]);
  });
});

test("an archive that was replaced since its ETag was asked for is not taken", async () => {
  const { archive, s3 } = await storedArchive(await packed({ "align.sh": "" }));
  const file = join(await testFolder(), "file");
  const signal = new AbortController().signal;
  expect(await download(s3, archive, { etag: '"another"', file, signal })).toBe(false);
});

test("a connection that breaks on the way is opened again", async () => {
  const bytes = await packed({ "align.sh": "echo aligned" });
  let gets = 0;
  const server = createServer((request, response) => {
    response.writeHead(200, { etag: '"e"', "content-length": bytes.length });
    if (request.method === "HEAD") response.end();
    else if (++gets > 1) response.end(bytes);
    else response.write(bytes.subarray(0, 20), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const s3 = s3Client({ ...testEnv(), AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` });
  onTestFinished(() => s3.destroy());
  const { fetchOn } = await testMachine();
  expect(await readdir(await fetchOn(s3, { bucket: "b", key: "p.tar.gz" }))).toEqual(["align.sh"]);
  expect(gets).toBe(2);
});

async function refuses(bytes: Buffer, why: string): Promise<void> {
  const { archive, s3 } = await storedArchive(bytes);
  const { parent, fetchOn } = await testMachine();
  await expect(fetchOn(s3, archive)).rejects.toThrow(why);
  const store = String((await readdir(parent))[0]);
  expect([await readdir(parent), await readdir(join(parent, store))]).toEqual([[store], []]);
}
