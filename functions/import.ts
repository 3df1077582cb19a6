import type { S3Event } from "aws-lambda";
import { dynamoClient, type Env, s3Client } from "../lib/clients.ts";
import { ConfigError, toError } from "../lib/errors.ts";
import { continueImport, type ImportDeps, type ImportResult, importFile, noCounts } from "../lib/import/import-file.ts";
import { CONTINUATIONS, IMPORTS } from "../lib/import/names.ts";
import { openTable } from "../lib/table.ts";
import { type Handler, type Invocation, withTelemetry } from "./telemetry.ts";

/** An import stops reading when this much of the invocation is left, for rows in flight (65 s at worst) and notes. */
const STOP_BEFORE_END_MS = 90_000;

/** The import function's answer: one entry for each file of the event. */
export interface ImportAnswer {
  files: ImportResult[];
}

/** Makes the import function, for S3 `ObjectCreated` under `imports/` and `continuations/`. Makes its clients once. */
export function createImportHandler(env: Env): Handler<S3Event, ImportAnswer> {
  if (!env.ANAMO_TABLE) throw new ConfigError("ANAMO_TABLE: expected the name of the table, found nothing");
  const table = openTable(env.ANAMO_TABLE, dynamoClient(env));
  const deps: ImportDeps = { table, s3: s3Client(env) };
  return withTelemetry("import", (event, invocation) => importFiles(deps, event, invocation), env);
}

let made: Handler<S3Event, ImportAnswer> | undefined;
export const handler: Handler<S3Event, ImportAnswer> = async (event, context) => {
  made ??= createImportHandler(process.env);
  return made(event, context);
};

async function importFiles(deps: ImportDeps, event: S3Event, { log, count, remainingMs }: Invocation) {
  const files: ImportResult[] = [];
  const errors: Error[] = [];
  for (const { s3 } of event.Records ?? []) {
    const { key, eTag: etag, versionId } = s3.object;
    const object = { bucket: s3.bucket.name, key: decodeKey(key), ...(versionId && { versionId }) };
    try {
      const result = await importObject(deps, object, etag, () => remainingMs() < STOP_BEFORE_END_MS);
      files.push(result);
      log.info("file:done", { ...result });
      // the counts of a part include those of the parts before it
      if (result.status === "continues") continue;
      count("ItemsImported", result.counts.imported);
      count("RowsRejected", result.counts.rejected);
    } catch (error) {
      // the other files of the event must not wait for this one
      errors.push(toError(error));
    }
  }
  // thrown so that Lambda delivers the event again; rows already in the table are skipped then
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, errors.map(({ message }) => message).join("; "));
  return { files };
}

async function importObject(
  deps: ImportDeps,
  object: { bucket: string; key: string; versionId?: string },
  etag: string | undefined,
  shouldStop: () => boolean,
): Promise<ImportResult> {
  if (object.key.startsWith(IMPORTS)) return importFile(deps, object, { shouldStop });
  if (object.key.startsWith(CONTINUATIONS)) {
    return continueImport(deps, { ...object, ...(etag && { etag }) }, { shouldStop });
  }
  return { key: object.key, status: "ignored", counts: noCounts(), message: `not under ${IMPORTS}` };
}

/** S3 form-encodes keys in events. A key that cannot be decoded comes from a server that does not encode. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}
