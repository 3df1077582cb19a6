import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { systemCode, UsageError } from "../../lib/errors.ts";
import { idProblem, MAX_STEP_BYTES } from "../../lib/ids.ts";

/** What the import function is told along with the file. */
export interface ImportFlags {
  step?: string;
  onDuplicate?: string;
  delimiter?: string;
  nestedDelimiter?: string;
}

/** Checks that a file can be read and a step be used. Throws UsageError with what is wrong. */
export async function checkImport(file: string, { step }: ImportFlags): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") throw new UsageError(`${file}: there is no such file`);
    throw new UsageError(`${file}: cannot be read (${systemCode(error) ?? String(error)})`, { cause: error });
  });
  if (!found.isFile()) throw new UsageError(`${file}: expected a file, found a folder or something else`);
  const problem = step === undefined ? undefined : idProblem(step, MAX_STEP_BYTES);
  if (problem) throw new UsageError(`--step: expected a name of 1 to ${MAX_STEP_BYTES} bytes, found ${problem}`);
  if (step === "." || step === "..") throw new UsageError(`--step: a step cannot be called ${step}`);
  if (step?.includes("/")) throw new UsageError("--step: a step's name cannot hold a /, as it becomes a folder");
}

/** Checks that a folder is there. Throws UsageError that names the option. */
export async function checkFolder(option: string, folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new UsageError(`${option}: expected a folder, found ${found ? "a file" : "nothing"} at ${folder}`);
}

/** Where a task file goes in the bucket. */
export function importKey(file: string, { step }: ImportFlags): string {
  return step === undefined ? `imports/${basename(file)}` : `imports/${step}/${basename(file)}`;
}

/** Drops a task file into the bucket, which is all that an import takes. */
export async function upload(s3: S3Client, bucket: string, file: string, flags: ImportFlags): Promise<string> {
  const key = importKey(file, flags);
  const { size } = await stat(file);
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: createReadStream(file),
      ContentLength: size,
      Metadata: {
        ...(flags.onDuplicate && { "on-duplicate": flags.onDuplicate }),
        ...(flags.delimiter && { delimiter: flags.delimiter }),
        ...(flags.nestedDelimiter && { "nested-delimiter": flags.nestedDelimiter }),
      },
    }),
  );
  return key;
}
