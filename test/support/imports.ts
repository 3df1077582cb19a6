import { randomUUID } from "node:crypto";
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { type ImportDeps, type ImportOptions, type ImportResult, importFile } from "../../lib/import/import-file.ts";
import type { ReportRow } from "../../lib/import/ledger.ts";
import type { ReportHead } from "../../lib/import/report.ts";
import { ATTR, type Row } from "../../lib/store/attributes.ts";
import { ITEM_ROW } from "../../lib/store/schema.ts";
import type { Table } from "../../lib/table.ts";
import { testBucket, testTable } from "./env.ts";

/** A table and a new step to import into, with helpers that put files into the bucket and read what imports write. */
export async function importBench(given?: Table) {
  const table = given ?? (await testTable());
  const { s3, bucket } = testBucket();
  const deps: ImportDeps = { table, s3, wait: async () => {} };
  const step = `s-${randomUUID().slice(0, 8)}`;
  const putAt = async (key: string, content: string | Uint8Array, metadata: Record<string, string> = {}) => {
    const Body = Buffer.from(content as string);
    const put = { Bucket: bucket, Key: key, Body, ContentLength: Body.length, Metadata: metadata };
    await s3.send(new PutObjectCommand(put));
    return key;
  };
  const put = (file: string, content: string | Uint8Array, metadata?: Record<string, string>) =>
    putAt(`imports/${step}/${file}`, content, metadata);
  return {
    ...deps,
    deps,
    bucket,
    step,
    put,
    putAt,
    /** puts a file and imports it */
    async drop(file: string, content: string | Uint8Array, metadata?: Record<string, string>, options?: ImportOptions) {
      const key = await put(file, content, metadata);
      return importFile(deps, { bucket, key }, options);
    },
    report: (result: ImportResult) => readReport(s3, bucket, result.reportKey ?? "no report"),
    text: (key: string) => readText(s3, bucket, key),
    keys: (prefix: string) => listKeys(s3, bucket, prefix),
  };
}

/** Reads a report from the bucket; null if it is missing. */
export async function readReport(s3: S3Client, bucket: string, key: string) {
  return JSON.parse((await readText(s3, bucket, key)) ?? "null") as ReportHead & { rows: ReportRow[] };
}

/** The text of an object; undefined if it is missing. */
export async function readText(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await Body?.transformToString();
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

async function listKeys(s3: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  return Contents.map(({ Key = "" }) => Key);
}

/**
 * The rows of all items and tasks by `itemID taskKey`, without the epoch, which is different each time they are
 * written.
 */
export async function tableRows(table: Table): Promise<Record<string, Row>> {
  const rows: Record<string, Row> = {};
  let ExclusiveStartKey: Row | undefined;
  do {
    const page = await table.db.send(
      new ScanCommand({ TableName: table.name, ConsistentRead: true, ExclusiveStartKey }),
    );
    for (const { [ATTR.epoch]: _, ...row } of page.Items ?? []) {
      const isOfItem = !/^#(settings$|members#|gate)/.test(String(row[ATTR.itemId]));
      if (isOfItem) rows[`${row[ATTR.itemId]} ${row[ATTR.taskKey]}`] = row;
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return rows;
}

/** The scripts of all plain items in a table, by itemID. */
export async function scriptsNow(table: Table): Promise<Record<string, unknown>> {
  const rows = Object.values(await tableRows(table));
  return Object.fromEntries(
    rows.filter((row) => row[ATTR.taskKey] === ITEM_ROW).map((row) => [row[ATTR.itemId], row[ATTR.script]]),
  );
}
