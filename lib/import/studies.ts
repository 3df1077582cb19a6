import { createHash } from "node:crypto";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { Study } from "../study/study.ts";
import { shown, UnusableFileError } from "../taskfile/problem.ts";
import { IMPORTS, type ImportNames, WORKFLOWS } from "./names.ts";
import { ObjectGoneError, type ObjectName, openObject } from "./open-object.ts";

/** The metadata key of a sample sheet that says where its workflow is. */
export const STUDY_KEY = "workflow";

/** A workflow in the bucket. */
export interface StoredStudy {
  study: Study;
  /** the text of the workflow file */
  source?: string;
}

/** The key of a workflow that came with a sheet: equal workflows are stored once. */
export function studyKey(study: Study): string {
  return `${WORKFLOWS}sha256/${createHash("sha256").update(JSON.stringify(study)).digest("hex")}.json`;
}

/** The key of the workflow to which all sheets under `imports/<name>/` belong. */
export function namedStudyKey(name: string): string {
  return `${WORKFLOWS}${name}.json`;
}

/** Writes a workflow into the bucket. */
export async function storeStudy(s3: S3Client, { bucket, key }: ObjectName, stored: StoredStudy): Promise<void> {
  const Body = JSON.stringify(stored, null, 2);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: "application/json" }));
}

/** Reads a workflow from the bucket; undefined if there is none. */
export async function readStudy(s3: S3Client, name: ObjectName): Promise<StoredStudy | undefined> {
  try {
    const { bytes } = await openObject(s3, name);
    const pieces: Uint8Array[] = [];
    for await (const piece of bytes) pieces.push(piece);
    return parse(Buffer.concat(pieces).toString(), name.key);
  } catch (error) {
    if (error instanceof ObjectGoneError) return undefined;
    throw error;
  }
}

function parse(text: string, key: string): StoredStudy {
  try {
    const stored = JSON.parse(text) as Partial<StoredStudy> | null;
    if (stored?.study?.version === 1 && Array.isArray(stored.study.steps)) return stored as StoredStudy;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UnusableFileError(`${key} is not a workflow of this version; store it again with  anamo workflow put`);
}

/** The workflow of a sheet: the one that its metadata names, or that of its folder; undefined for a task file. */
export async function studyOf(
  s3: S3Client,
  { object, metadata, names }: { object: ObjectName; metadata: Readonly<Record<string, string>>; names: ImportNames },
): Promise<Study | undefined> {
  const { [STUDY_KEY]: key } = metadata;
  const { bucket } = object;
  if (key !== undefined) {
    const stored = key.startsWith(WORKFLOWS) ? await readStudy(s3, { bucket, key }) : undefined;
    if (stored) return stored.study;
    throw new UnusableFileError(
      `metadata ${STUDY_KEY}: expected the key of a workflow, as "anamo workflow put" stores it, found ${shown(key)}`,
    );
  }
  const isInFolder = object.key.slice(IMPORTS.length).includes("/");
  return isInFolder ? (await readStudy(s3, { bucket, key: namedStudyKey(names.step) }))?.study : undefined;
}
