import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { httpStatus } from "../lib/errors.ts";
import { isoDate } from "../lib/iso-date.ts";
import { restMark } from "../lib/progress/at-rest.ts";
import type { Summary } from "../lib/progress/summarize.ts";
import { SETTING, type Settings } from "../lib/store/settings.ts";
import { isAtRest } from "../lib/store/settings-cache.ts";
import { changeSettings } from "../lib/store/settings-row.ts";
import type { Table } from "../lib/table.ts";

/** Key of the newest summary in the bucket; each summary that was read anew also gets a dated copy. */
export const LATEST_SUMMARY = "progress/latest.json";
/** Key of the newest progress page. */
export const LATEST_PAGE = "progress/index.html";

/** Metadata of the newest summary: how the table looked at rest, when that was last seen, when all of it was read. */
const [MARK, SEEN_AT, READ_AT] = ["rest-mark", "seen-at", "read-at"];
const HOUR_MS = 3_600_000;
/** Even at rest, everything is read once a day: a mark does not show what was deleted by other means. */
const DAY_MS = 24 * HOUR_MS;
/** A larger table is read less often, so that a table at rest costs the same whatever its size: docs/costs.md. */
const ITEMS_A_DAY = 3_000_000;

/** How long a summary of this many items may be repeated while the table is at rest. */
export function longestRepeatMs(items: number): number {
  return DAY_MS * Math.max(1, items / ITEMS_A_DAY);
}

/** With more of either, a table that is marked as at rest is checked less often than once an hour: docs/costs.md. */
const AN_HOUR = { steps: 10, waiting: 50_000 };

/** How long a table goes unchecked while it is marked as at rest; `waiting`: items that each check counts. */
export function longestUnseenMs({ steps, waiting }: { steps: number; waiting: number }): number {
  return HOUR_MS * Math.max(1, steps / AN_HOUR.steps + waiting / AN_HOUR.waiting);
}

/** The result of reading the whole table. */
interface Look {
  summary: Summary;
  /** HTML that shows it */
  page: string;
}

/**
 * Summarizes a table and writes the summary and its page to the bucket. If the table has been at rest since the newest
 * summary, repeats that summary with the current time and keeps the page. Otherwise a million finished items would be
 * read every five minutes, forever.
 */
export async function writeSummary(
  { table, s3, bucket }: { table: Table; s3: S3Client; bucket: string },
  look: () => Promise<Look>,
): Promise<{ summary: Summary; isRepeated: boolean }> {
  const settings = await table.settings.get(0);
  const nowMs = table.now();
  let latest = isAtRest(settings) ? await latestUnseen(s3, bucket, settings, nowMs) : undefined;
  let mark = latest?.mark;
  let seenAt = latest?.seenAt ?? isoDate(nowMs);
  if (!latest) {
    // before reading the summary, so that any change in the meantime also changes the next mark
    mark = await restMark(table, settings);
    const newest = mark === undefined ? undefined : await newestSummary(s3, bucket);
    if (newest && newest.mark === mark && isYoung(newest, nowMs)) latest = newest;
    seenAt = isoDate(nowMs);
    await noteRest(table, settings, newest !== undefined && newest.mark === mark);
  }
  const { summary, page } = latest
    ? { summary: { ...latest.summary, at: isoDate(table.now()) }, page: undefined }
    : await look();
  const Body = `${JSON.stringify(summary, null, 2)}\n`;
  const Metadata =
    mark === undefined ? {} : { [MARK]: mark, [SEEN_AT]: seenAt, [READ_AT]: latest?.readAt ?? summary.at };
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

/**
 * How long a table must have been marked as at rest before anything relies on that. Processes that add or change items
 * know settings that are at most 4 minutes old.
 */
const SURE_MS = 300_000;

/**
 * Marks the table as at rest once two looks have found the same, and a later look marks it as surely at rest. From then
 * on looks, launches and sweeps may be left out. Removes the mark if something has changed anyway: earlier versions do
 * not know the mark.
 */
async function noteRest(table: Table, { atRest }: Settings, isSame: boolean): Promise<void> {
  const { atRestSinceMs: since, atRestSureMs: sure } = SETTING;
  if (!isSame) {
    if (atRest) await changeSettings(table, { remove: [since] });
  } else if (!atRest) {
    await changeSettings(table, { set: { [since]: table.now() }, absent: [since] });
  } else if (!atRest.isSure && table.now() - atRest.sinceMs >= SURE_MS) {
    // refused if somebody has ended the rest in the meantime
    await changeSettings(table, { set: { [sure]: atRest.sinceMs }, equal: { [since]: atRest.sinceMs } });
  }
}

/** The newest summary, with its metadata. */
interface LatestSummary {
  summary: Summary;
  mark: string | undefined;
  /** when the table was last checked */
  seenAt: string;
  /** when everything in it was read */
  readAt: string;
}

/** The newest summary of a table that is surely at rest, unless it has gone unchecked for too long. */
async function latestUnseen(
  s3: S3Client,
  bucket: string,
  settings: Settings,
  nowMs: number,
): Promise<LatestSummary | undefined> {
  const latest = await newestSummary(s3, bucket);
  if (!latest?.mark || !isYoung(latest, nowMs)) return undefined;
  const { todo, waiting = 0 } = latest.summary.items;
  const longestMs = longestUnseenMs({ steps: settings.steps.size, waiting: todo + waiting });
  return nowMs - Date.parse(latest.seenAt) < longestMs ? latest : undefined;
}

function isYoung({ summary, readAt }: LatestSummary, nowMs: number): boolean {
  const items = Object.values(summary.items).reduce((sum, count) => sum + count, 0);
  return nowMs - Date.parse(readAt) < longestRepeatMs(items);
}

/** The newest summary; undefined if there is none. */
async function newestSummary(s3: S3Client, bucket: string): Promise<LatestSummary | undefined> {
  try {
    const { Body, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: LATEST_SUMMARY }));
    const text = await Body?.transformToString();
    if (!text) return undefined;
    const { [MARK]: mark, [SEEN_AT]: seenAt = "", [READ_AT]: readAt = "" } = Metadata;
    return { summary: JSON.parse(text) as Summary, mark, seenAt, readAt };
  } catch (error) {
    // the function may not list the bucket, so S3 answers "forbidden" if the object does not exist
    if (error instanceof NoSuchKey || httpStatus(error) === 403) return undefined;
    throw error;
  }
}
