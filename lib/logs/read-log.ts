import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { GetObjectCommand, NoSuchKey, type S3Client } from "@aws-sdk/client-s3";
import { AnamoError, httpStatus, toError } from "../errors.ts";
import type { Item, Outcome, Task } from "../items/item.ts";
import { taskKeyOf } from "../items/task-names.ts";
import { LOG_ON_ROW_BYTES } from "../store/log-on-row.ts";
import { type LogStream, logKey } from "./log-key.ts";

/** What has a log: a plain item, or one task of a nested one. */
export interface LogOwner {
  item: Item;
  task?: Task;
}

/** Where logs that are too long for the row are stored; without it, only the ends on the rows can be read. */
export interface LogBucket {
  s3: S3Client;
  bucket: string;
}

/** One stream of the log of one attempt. */
export interface TaskLog {
  itemID: string;
  taskID: string;
  /** for a nested item */
  taskKey?: string;
  attempt: number;
  stream: LogStream;
  from: "row" | "bucket";
  /** why this is not the whole log */
  note?: string;
  /** can be read only once, and must be read or closed, because it may hold a connection open */
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A stored log cannot be read to the end. */
export class LogError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("log", message, options);
  }
}

/**
 * Opens a log wherever it is: the whole log from the bucket if it is there, otherwise what the row keeps. For attempts
 * before the last one, only logs that were too long for the row are kept; undefined if there is none.
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
    ...(item.nestedTasks > 0 && !item.longScript && task && { taskKey: task.taskKey }),
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

/**
 * The attempt that the row's log is from: while an attempt runs, a plain item's row still has the previous one's log.
 */
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
  const end = "this is its end, from the row";
  if (key !== undefined && !bucket)
    return `the whole log is in the bucket under ${key}, but no bucket was given; ${end}`;
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
    if (httpStatus(error) !== 403) throw error;
    const why = "S3 says forbidden, as it also does for a log that is not there unless you may list the bucket";
    throw new LogError(`s3://${bucket}/${key} cannot be read: ${why} (s3:GetObject, s3:ListBucket: docs/security.md)`, {
      cause: error,
    });
  }
}

async function* gunzipped(body: Readable, key: string): AsyncGenerator<Uint8Array> {
  const unzip = createGunzip();
  // the reader of the stream gets the errors too
  const piping = pipeline(body, unzip).catch(() => {});
  try {
    yield* unzip as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new LogError(`${key} cannot be read to the end: ${toError(error).message}`, { cause: error });
  } finally {
    body.destroy();
    unzip.destroy();
    await piping;
  }
}
