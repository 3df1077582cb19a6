import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { onTestFinished } from "vitest";
import type { ObjectName } from "../../lib/import/open-object.ts";
import { testBucket } from "./env.ts";
import { testFolder } from "./worker.ts";

/** Files by their paths, with what is in them; all may be executed. */
export type Files = Readonly<Record<string, string>>;

/** Packs files as a person would: `tar -czf … .` in the folder where they lie. */
export async function packed(files: Files): Promise<Buffer> {
  const folder = await testFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, "in", path)), { recursive: true });
    await writeFile(join(folder, "in", path), text);
    await chmod(join(folder, "in", path), 0o755);
  }
  return tarOf(folder, ["-czf", "out.tar.gz", "-C", "in", "."]);
}

/** What `tar` makes of arguments that write `out.tar.gz` in a folder. */
export async function tarOf(folder: string, args: readonly string[]): Promise<Buffer> {
  await promisify(execFile)("tar", [...args], { cwd: folder });
  return readFile(join(folder, "out.tar.gz"));
}

/** An object of the test's bucket that is gone when the test ends; `put` writes another over it. */
export async function storedArchive(bytes: Buffer | string) {
  const { s3, bucket } = testBucket();
  const archive: ObjectName = { bucket, key: `pipelines/${randomUUID()}/pipeline.tar.gz` };
  const put = (body: Buffer | string) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key: archive.key, Body: body }));
  await put(bytes);
  onTestFinished(async () => {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: archive.key }));
  });
  return { archive, s3, put, url: `s3://${bucket}/${archive.key}` };
}
