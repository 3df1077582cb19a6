import { expect, test } from "vitest";
import { parseLaunchEvent } from "../../../functions/launch-event.ts";
import { importNames } from "../../../lib/import/names.ts";

/** What S3 allows. */
const KEY_BYTES = 1_024;

test.for([
  ["ASCII", "x".repeat(1_024 - "imports/align/.csv.gz".length)],
  ["characters of three bytes", "漢".repeat(330)],
  ["no extension that one could keep", `a.${"x".repeat(1_000)}`],
])("the names that an import makes from the longest key fit S3: %s", ([, name]) => {
  const key = `imports/align/${name}.csv.gz`;
  const names = importNames(key);
  const made = [
    names.reportKey,
    names.rejectedKey,
    names.continuationKey,
    `${names.partsPrefix("i".repeat(64))}entries`,
  ];
  for (const one of made) {
    expect(Buffer.byteLength(one)).toBeLessThanOrEqual(KEY_BYTES);
    expect(one).not.toContain("\uFFFD");
  }
  expect(new Set(made).size).toBe(made.length);
  expect(names.reportKey).toMatch(/^reports\/imports\/align\/.*\.csv\.gz\.json$/);
  expect(names.rejectedKey).toMatch(/\.rejected\.csv$/);
  // the whole name counts
  expect(importNames(`imports/align/${name}2.csv.gz`).reportKey).not.toBe(names.reportKey);
});

test("rejected rows are never called like a report, which would start workers", () => {
  const { rejectedKey, reportKey } = importNames("imports/align/list.json");
  expect(rejectedKey).toBe("reports/imports/align/list.rejected.jsonl");
  const wish = (key: string) =>
    parseLaunchEvent({
      Records: [
        {
          eventSource: "aws:s3",
          eventName: "ObjectCreated:Put",
          s3: { bucket: { name: "lab" }, object: { key } },
        },
      ],
    });
  expect(wish(rejectedKey)).toBe("no report of an import");
  expect(wish(reportKey)).toEqual({});
});
