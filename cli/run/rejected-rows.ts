import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ImportReport } from "../../lib/import/await-report.ts";
import type { DropOptions } from "../../lib/import/drop.ts";
import { importWords } from "../flags/import-flags.ts";
import { ownCommand } from "../own-command.ts";

/** Where a run is, and what its table is called, unless told. */
export const DEFAULT_DIR = ".anamo";
export const DEFAULT_TABLE = "anamo";

/** Copies the rejected rows out of the bucket, to where a person can mend them. */
export async function saveRejected(
  s3: S3Client,
  bucket: string,
  { rejectedKey }: ImportReport,
  dir: string,
): Promise<string | undefined> {
  if (!rejectedKey) return undefined;
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: rejectedKey }));
  const path = join(dir, "rejected", rejectedKey.slice(rejectedKey.lastIndexOf("/") + 1));
  await mkdir(join(dir, "rejected"), { recursive: true });
  await writeFile(path, (await object.Body?.transformToByteArray()) ?? "");
  return path;
}

/** The command that runs a file as another one was run. */
export function runAgain(
  file: string,
  {
    imports,
    dir,
    table,
    workerEnv: { ANAMO_PIPELINE: pipeline = process.cwd() },
  }: { imports: DropOptions; dir: string; table: string; workerEnv: Readonly<Record<string, string>> },
): string[] {
  return [
    ...ownCommand(),
    "run",
    file,
    ...importWords(imports),
    ...(dir === DEFAULT_DIR ? [] : ["--dir", dir]),
    ...(table === DEFAULT_TABLE ? [] : ["--table", table]),
    ...(pipeline === process.cwd() ? [] : ["--pipeline", pipeline]),
  ];
}
