import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { GetObjectCommand, NoSuchKey, type S3Client } from "@aws-sdk/client-s3";
import { AnamoError, toError } from "../errors.ts";
import type { Item, Outcome, Task } from "../items/item.ts";
import { taskKeyOf } from "../items/task-names.ts";
import { LOG_ON_ROW_BYTES } from "../store/log-on-row.ts";
import { type LogStream, logKey } from "./log-key.ts";

/** What has a log: a plain item, or one task of a nested one. */
export interface LogOwner {
  item: Item;
  task?: Task;
}

/** Where the logs lie that are too long for the row; without one, the ends that the rows keep are all there is. */
export interface LogBucket {
  s3: S3Client;
  bucket: string;
}

/** One stream of what one attempt printed. */
export interface TaskLog {
  itemID: string;
  taskID: string;
  /** of a nested item */
  taskKey?: string;
  attempt: number;
  stream: LogStream;
  from: "row" | "bucket";
  /** why this is not the whole of it */
  note?: string;
  /** to be read once, and to be read: behind it a connection may wait */
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A stored log that cannot be read to its end. */
export class LogError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("log", message, options);
  }
}

/**
 * Opens a log as if it stood on the row, wherever it lies: whole from the bucket if it is there, else what the row keeps.
 * Of attempts before the last one only what was too long for the row is kept; undefined where nothing is.
 */
export async function openLog(
  owner: LogOwner,
  stream: LogStream,
  bucket: LogBucket | undefined,
  attempt?: number,
): Promise<TaskLog | undefined> {
  const { item, task } = owner;
  const onRow = attemptOnRow(owner, stream);
  const named = {
    itemID: item.itemId,
    taskID: item.taskId,
    ...(item.nestedTasks > 0 && task && { taskKey: task.taskKey }),
    attempt: attempt ?? onRow,
    stream,
  };
  if (attempt !== undefined && attempt !== onRow) {
    const taskKey = task?.taskKey ?? taskKeyOf(0);
    const bytes = bucket && (await fetchLog(bucket, logKey({ ...item, taskKey, attempt }, stream)));
    return bytes && { ...named, from: "bucket", bytes };
  }
  const outcome = outcomeOf(owner);
  const key = outcome?.logKeys?.[stream];
  const bytes = key === undefined ? undefined : bucket && (await fetchLog(bucket, key));
  if (bytes) return { ...named, from: "bucket", bytes };
  const text = outcome?.log?.[stream] ?? "";
  const note = noteOn(outcome, text, key, bucket);
  return { ...named, from: "row", ...(note && { note }), bytes: [Buffer.from(text)] };
}

function outcomeOf({ item, task }: LogOwner): Outcome | undefined {
  return task ? task.outcome : item.outcome;
}

/** The attempt that the row tells of: while another one runs, the row of a plain item is still about the one before. */
function attemptOnRow(owner: LogOwner, stream: LogStream): number {
  const { item, task } = owner;
  const stored = /(\d+)\.(?:log|err)\.gz$/.exec(outcomeOf(owner)?.logKeys?.[stream] ?? "")?.[1];
  if (stored !== undefined) return Number(stored);
  if (task) return task.attempt ?? 0;
  return Math.max(0, item.attempt - (item.state === "locked" ? 1 : 0));
}

function noteOn(
  outcome: Outcome | undefined,
  text: string,
  key: string | undefined,
  bucket: LogBucket | undefined,
): string | undefined {
  const end = "this is the end of it, from the row";
  if (key !== undefined && !bucket)
    return `the whole log lies in the bucket under ${key}, but no bucket is named; ${end}`;
  if (key !== undefined) return `the whole log is no longer in the bucket (s3://${bucket?.bucket}/${key}); ${end}`;
  const isCut = (outcome?.logBytes ?? 0) > LOG_ON_ROW_BYTES && text !== "";
  return isCut ? `the whole log could not be stored; ${end}` : undefined;
}

async function fetchLog({ s3, bucket }: LogBucket, key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body && gunzipped(Body as Readable, key);
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

async function* gunzipped(body: Readable, key: string): AsyncGenerator<Uint8Array> {
  const unzip = createGunzip();
  // whatever goes wrong comes out at the reading end too
  const piping = pipeline(body, unzip).catch(() => {});
  try {
    yield* unzip as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new LogError(`${key} cannot be read to its end: ${toError(error).message}`, { cause: error });
  } finally {
    body.destroy();
    unzip.destroy();
    await piping;
  }
}
