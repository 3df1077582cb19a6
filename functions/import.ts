import type { Env } from "../lib/aws-config.ts";
import { ConfigError, toError } from "../lib/errors.ts";
import { continueImport, type ImportDeps, type ImportResult, importFile, noCounts } from "../lib/import/import-file.ts";
import { CONTINUATIONS, IMPORTS } from "../lib/import/names.ts";
import { s3Client } from "../lib/s3-client.ts";
import { openShort, withEventLog } from "./open.ts";
import { type QueueMessage, queueRetries } from "./queue-message.ts";
import { functionRetries } from "./retries.ts";
import { type AnnouncedObject, parseS3Event, type S3Delivery } from "./s3-event.ts";
import { type Handler, type Invocation, withTelemetry } from "./telemetry.ts";

/** An import stops reading with this much of the invocation left, for rows in progress (65 s at worst) and notes. */
const STOP_BEFORE_END_MS = 90_000;

type Deps = ImportDeps & {
  /** has a failed message delivered again soon */
  tryAgain: (message: QueueMessage) => Promise<void>;
};

/** The import function's answer: one entry for each file of the event. */
export interface ImportAnswer {
  files: ImportResult[];
  /** SQS only: the messages to deliver again, for an event source with ReportBatchItemFailures */
  batchItemFailures?: { itemIdentifier: string }[];
}

/**
 * Makes the import function, for objects created under `imports/` and `continuations/`: events of S3, direct or through
 * EventBridge, SNS or SQS. Makes its clients once.
 */
export function createImportHandler(env: Env): Handler<unknown, ImportAnswer> {
  if (!env.ANAMO_TABLE) throw new ConfigError("ANAMO_TABLE: expected the name of the table, found nothing");
  const retries = functionRetries();
  const table = openShort(env.ANAMO_TABLE, env, retries);
  const s3 = s3Client(env, retries);
  const tryAgain = queueRetries(env, () => s3.config.credentials());
  const deps: Deps = { table, s3, throttled: () => retries.throttled, tryAgain };
  const handle = (event: unknown, invocation: Invocation) =>
    importFiles({ ...deps, table: withEventLog(table, invocation.log) }, event, invocation);
  return withTelemetry("import", handle, { env, retries });
}

let made: Handler<unknown, ImportAnswer> | undefined;
export const handler: Handler<unknown, ImportAnswer> = async (event, context) => {
  made ??= createImportHandler(process.env);
  return made(event, context);
};

/** Imports all files of an event. A defective record, or an error in one file, does not hold up the others. */
async function importFiles(deps: Deps, event: unknown, invocation: Invocation): Promise<ImportAnswer> {
  const files: ImportResult[] = [];
  const errors: Error[] = [];
  const failed = new Set<string>();
  const deliveries = parseS3Event(event);
  for (const delivery of deliveries) {
    const found = await importDelivery(deps, delivery, files, invocation);
    errors.push(...found);
    if (found.length > 0 && delivery.messageId) {
      failed.add(delivery.messageId);
      await deliverAgain(deps, delivery, invocation);
    }
    if (deliveries.length > 1) for (const error of found) invocation.log.error("record failed", error);
  }
  const isQueued = deliveries.every(({ messageId }) => messageId !== undefined);
  // If all messages failed, throwing also keeps them in a queue whose event source ignores batchItemFailures.
  if (isQueued && failed.size < deliveries.length) {
    return { files, batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
  }
  // thrown so that Lambda delivers the event again; that skips rows which are already in the table
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, errors.map(({ message }) => message).join("; "));
  return { files };
}

/** Imports the files of one record into `files`, and returns what went wrong. */
async function importDelivery(
  deps: ImportDeps,
  { objects, problem }: S3Delivery,
  files: ImportResult[],
  { log, count, remainingMs }: Invocation,
): Promise<Error[]> {
  const errors: Error[] = problem ? [problem] : [];
  for (const object of objects) {
    try {
      const result = await importObject(deps, object, () => remainingMs() < STOP_BEFORE_END_MS);
      files.push(result);
      const { message: why, ...rest } = result;
      // `message` is the name of the line
      log.info("import:ended", { ...rest, why });
      // the counts of a part include those of earlier parts
      if (result.status === "continues") continue;
      count("ItemsImported", result.counts.imported);
      count("RowsRejected", result.counts.rejected);
    } catch (error) {
      errors.push(toError(error));
    }
  }
  return errors;
}

/**
 * Shortens the time until SQS delivers a message again. If that fails, it comes at the end of the visibility timeout.
 */
async function deliverAgain({ tryAgain }: Deps, { message }: S3Delivery, { log }: Invocation): Promise<void> {
  if (!message) return;
  try {
    await tryAgain(message);
  } catch (error) {
    log.warn("the message comes again only after its visibility timeout", toError(error));
  }
}

async function importObject(
  deps: ImportDeps,
  { etag, otherEvent, ...object }: AnnouncedObject,
  shouldStop: () => boolean,
): Promise<ImportResult> {
  if (otherEvent) return ignored(object.key, `not a new object: ${otherEvent}`);
  if (object.key.startsWith(IMPORTS)) return importFile(deps, object, { shouldStop });
  if (object.key.startsWith(CONTINUATIONS)) {
    return continueImport(deps, { ...object, ...(etag && { etag }) }, { shouldStop });
  }
  return ignored(object.key, `not under ${IMPORTS}`);
}

function ignored(key: string, message: string): ImportResult {
  return { key, status: "ignored", counts: noCounts(), message };
}
