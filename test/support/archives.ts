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

/** The contents of files by path; all files are executable. */
export type Files = Readonly<Record<string, string>>;

/** Packs files as a user would, with `tar -czf … .` in their folder. */
export async function packed(files: Files): Promise<Buffer> {
  const folder = await testFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, "in", path)), { recursive: true });
    await writeFile(join(folder, "in", path), text);
    await chmod(join(folder, "in", path), 0o755);
  }
  return tarOf(folder, ["-czf", "out.tar.gz", "-C", "in", "."]);
}

/** Runs `tar` with arguments that write `out.tar.gz` into a folder; returns that file's bytes. */
export async function tarOf(folder: string, args: readonly string[]): Promise<Buffer> {
  await promisify(execFile)("tar", [...args], { cwd: folder });
  return readFile(join(folder, "out.tar.gz"));
}

/** Stores an archive in the bucket until the test ends; `put` overwrites it. */
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
