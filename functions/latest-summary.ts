import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { httpStatus } from "../lib/errors.ts";
import { isoDate } from "../lib/iso-date.ts";
import { restMark } from "../lib/progress/at-rest.ts";
import type { Summary } from "../lib/progress/summarize.ts";
import type { Table } from "../lib/table.ts";

/** Key of the newest summary in the bucket; each summary that was read anew also gets a dated copy. */
export const LATEST_SUMMARY = "progress/latest.json";
/** Key of the newest progress page. */
export const LATEST_PAGE = "progress/index.html";

/** Metadata of the newest summary: what the table looked like at rest, and when all of it was read. */
const [MARK, READ_AT] = ["rest-mark", "read-at"];
/** Even then everything is read once a day: a mark does not show what was deleted by other means. */
const DAY_MS = 24 * 3_600_000;
/** With more items it is read less often, so that a table at rest costs the same whatever its size: docs/costs.md. */
const ITEMS_A_DAY = 3_000_000;

/** How long a summary of so many items may be repeated while the table is at rest. */
export function longestRepeatMs(items: number): number {
  return DAY_MS * Math.max(1, items / ITEMS_A_DAY);
}

/** What a look at all of a table brings. */
interface Look {
  summary: Summary;
  /** HTML that shows it */
  page: string;
}

/**
 * Summarizes a table and writes that and its page to the bucket. If the table has been at rest since the newest
 * summary, that one is repeated with the time of now, and the page stays: a million finished items would otherwise be
 * read every five minutes, for ever.
 */
export async function writeSummary(
  { table, s3, bucket }: { table: Table; s3: S3Client; bucket: string },
  look: () => Promise<Look>,
): Promise<{ summary: Summary; isRepeated: boolean }> {
  // before the summary is read: whatever changes meanwhile changes the next mark
  const mark = await restMark(table);
  const latest = mark === undefined ? undefined : await latestAtRest(s3, bucket, mark, table.now());
  const { summary, page } = latest
    ? { summary: { ...latest.summary, at: isoDate(table.now()) }, page: undefined }
    : await look();
  const Body = `${JSON.stringify(summary, null, 2)}\n`;
  const Metadata = mark === undefined ? {} : { [MARK]: mark, [READ_AT]: latest?.readAt ?? summary.at };
  const json = { Body, ContentType: "application/json", Metadata };
  const put = (Key: string, file: { Body: string; ContentType: string }) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key, CacheControl: "no-cache", ...file }));
  await Promise.all([
    ...(latest ? [LATEST_SUMMARY] : [LATEST_SUMMARY, datedKey(summary.at)]).map((Key) => put(Key, json)),
    ...(page === undefined ? [] : [put(LATEST_PAGE, { Body: page, ContentType: "text/html; charset=utf-8" })]),
  ]);
  return { summary, isRepeated: latest !== undefined };
}

/** `progress/2030-01-01/12-30-00Z.json`: one folder a day, no colons, as some tools reject them in file names. */
function datedKey(at: string): string {
  const [date, time = ""] = at.split("T");
  return `progress/${date}/${time.slice(0, 8).replaceAll(":", "-")}Z.json`;
}

/** A summary, and when all that it says was read. */
interface LatestSummary {
  summary: Summary;
  readAt: string;
}

/** The newest summary, if the table has been at rest since, as its mark shows; undefined if there is none. */
async function latestAtRest(
  s3: S3Client,
  bucket: string,
  mark: string,
  nowMs: number,
): Promise<LatestSummary | undefined> {
  try {
    const { Body, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: LATEST_SUMMARY }));
    const readAt = Metadata[READ_AT] ?? "";
    const text = await Body?.transformToString();
    if (Metadata[MARK] !== mark || !text) return undefined;
    const summary = JSON.parse(text) as Summary;
    const { done, failed, held } = summary.items;
    const isYoung = nowMs - Date.parse(readAt) < longestRepeatMs(done + failed + held);
    return isYoung ? { summary, readAt } : undefined;
  } catch (error) {
    // the function may not list the bucket, and so S3 says forbidden if the object is not there
    if (error instanceof NoSuchKey || httpStatus(error) === 403) return undefined;
    throw error;
  }
}
