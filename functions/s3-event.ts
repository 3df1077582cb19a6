import * as z from "zod";
import { AnamoError } from "../lib/errors.ts";
import type { QueueMessage } from "./queue-message.ts";

/** The event does not come from S3, or lacks a field. The message names the field. */
export class S3EventError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("s3-event", message, options);
  }
}

/** An object that an event announces. */
export interface AnnouncedObject {
  bucket: string;
  /** decoded, as it is in the bucket */
  key: string;
  versionId?: string;
  etag?: string;
  /** what happened to it, if it was not created: `ObjectRemoved:Delete` */
  otherEvent?: string;
}

/** One record of an event: what it announces, or why it cannot be read. */
export interface S3Delivery {
  /** the id of the SQS message that brought it */
  messageId?: string;
  /** what is needed to have that message delivered again */
  message?: QueueMessage;
  objects: readonly AnnouncedObject[];
  problem?: S3EventError;
}

const text = z.string().min(1);
const bucket = z.object({ name: text });
const notification = z.object({
  eventName: z.string().nullish(),
  s3: z.object({
    bucket,
    object: z.object({ key: text, eTag: z.string().nullish(), versionId: z.string().nullish() }),
  }),
});
const bridged = z.object({
  "detail-type": z.string(),
  detail: z.object({
    bucket,
    object: z.object({ key: text, etag: z.string().nullish(), "version-id": z.string().nullish() }),
  }),
});
/** S3 sends this one when the notification is set up. */
const testEvent = z.object({ Event: z.literal("s3:TestEvent") });
const topicMessage = z.object({ Message: text });
const queued = z.object({ messageId: text, body: text });
const delivered = z.object({
  receiptHandle: text,
  eventSourceARN: text,
  attributes: z.object({ ApproximateReceiveCount: z.coerce.number().int().min(1) }),
});
const published = z.object({ Sns: topicMessage });
const records = z.object({ Records: z.array(z.unknown()).min(1) });

/**
 * Reads an event that announces objects: from S3 directly or through EventBridge, and either of these through SNS, SQS
 * or both. A record that cannot be read is returned as a problem, so that it does not stop the others. Throws an
 * S3EventError if the event as a whole is something else.
 */
export function parseS3Event(event: unknown): S3Delivery[] {
  if (!isRecord(event)) throw new S3EventError(`${EXPECTED}, found ${shown(event)}`);
  if (!("Records" in event)) return [{ objects: objectsIn(event, "") }];
  const { Records } = checked(records, event, "");
  return Records.map((record, index) => {
    const path = `Records[${index}]`;
    const message = messageOf(record);
    try {
      return { ...message, objects: objectsOf(record, path) };
    } catch (error) {
      if (!(error instanceof S3EventError)) throw error;
      return { ...message, objects: [], problem: error };
    }
  });
}

const EXPECTED = "expected an event of S3, direct or through EventBridge, SNS or SQS";

/** The SQS message that a record is. */
function messageOf(record: unknown): Pick<S3Delivery, "messageId" | "message"> {
  if (!isRecord(record) || typeof record.messageId !== "string") return {};
  const { success, data } = delivered.safeParse(record);
  if (!success) return { messageId: record.messageId };
  const { receiptHandle, eventSourceARN: queueArn, attributes } = data;
  return {
    messageId: record.messageId,
    message: { receiptHandle, queueArn, deliveries: attributes.ApproximateReceiveCount },
  };
}

/** The objects in one record of S3, SNS or SQS. */
function objectsOf(record: unknown, path: string): AnnouncedObject[] {
  if (isRecord(record) && "body" in record) {
    return objectsIn(parsedJson(checked(queued, record, path).body, `${path}.body`), `${path}.body`);
  }
  if (isRecord(record) && "Sns" in record) return objectsIn(checked(published, record, path).Sns, `${path}.Sns`);
  const { eventName, s3 } = checked(notification, record, path);
  const { key, eTag, versionId } = s3.object;
  // some servers write s3:ObjectCreated:Put
  const isOther = eventName && !/^(s3:)?ObjectCreated:/.test(eventName);
  return [
    {
      bucket: s3.bucket.name,
      key: decodeKey(key),
      ...(versionId && { versionId }),
      ...(eTag && { etag: eTag }),
      ...(isOther && { otherEvent: eventName }),
    },
  ];
}

/** The objects of a whole event, which may be the body of a message. */
function objectsIn(event: unknown, path: string): AnnouncedObject[] {
  if (!isRecord(event)) throw new S3EventError(`${at(path)}${EXPECTED}, found ${shown(event)}`);
  if (testEvent.safeParse(event).success) return [];
  if ("Records" in event) {
    const inside = path === "" ? "" : `${path}.`;
    return checked(records, event, path).Records.flatMap((one, index) => objectsOf(one, `${inside}Records[${index}]`));
  }
  if ("Message" in event) {
    const message = path === "" ? "Message" : `${path}.Message`;
    return objectsIn(parsedJson(checked(topicMessage, event, path).Message, message), message);
  }
  if (!("detail" in event) && !("detail-type" in event)) {
    throw new S3EventError(`${at(path)}${EXPECTED}, found an object with ${namesOf(event)}`);
  }
  const { "detail-type": kind, detail } = checked(bridged, event, path);
  const { key, etag, "version-id": versionId } = detail.object;
  return [
    {
      bucket: detail.bucket.name,
      // EventBridge does not encode keys
      key,
      ...(versionId && { versionId }),
      ...(etag && { etag }),
      ...(kind !== "Object Created" && { otherEvent: kind }),
    },
  ];
}

function checked<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path ?? [];
  const found = place.reduce<unknown>((inside, name) => (isRecord(inside) ? inside[String(name)] : undefined), value);
  const name = place.reduce<string>(
    (before, part) => (before === "" ? String(part) : `${before}.${String(part)}`),
    path,
  );
  throw new S3EventError(`${at(name)}expected ${expectedBy(issue)}, found ${shown(found)}`, { cause: parsed.error });
}

function expectedBy(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === "too_small") return issue.origin === "array" ? "one record or more" : "text";
  const type = issue?.code === "invalid_type" ? issue.expected : "another value";
  return { string: "text", object: "an object", array: "a list" }[type as string] ?? type;
}

function parsedJson(json: string, path: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new S3EventError(`${path}: expected JSON, found ${shown(json)}`, { cause: error });
  }
}

function at(path: string): string {
  return path === "" ? "" : `${path}: `;
}

function namesOf(event: Readonly<Record<string, unknown>>): string {
  return Object.keys(event).slice(0, 5).join(", ") || "no fields";
}

const LONGEST_SHOWN = 80;

function shown(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "an object";
  const json = JSON.stringify(value);
  return json.length > LONGEST_SHOWN ? `${json.slice(0, LONGEST_SHOWN)}…` : json;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** S3 form-encodes keys in events. A key that cannot be decoded comes from a server that does not encode keys. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}
