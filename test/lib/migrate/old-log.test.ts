import { expect, test } from "vitest";
import { readOldDate } from "../../../lib/migrate/old-date.ts";
import { readOldLog } from "../../../lib/migrate/old-log.ts";
import { LOG_ON_ROW_BYTES } from "../../../lib/store/log-on-row.ts";

test.for<[string, unknown, unknown]>([
  ["a date", "21/11/2026-07:05:09", { atMs: Date.UTC(2026, 10, 21, 7, 5, 9), isError: false }],
  ["an error's date", "Error-01/02/2021-23:59:59", { atMs: Date.UTC(2021, 1, 1, 23, 59, 59), isError: true }],
  ["no date yet", "NULL", { isError: false }],
  ["an error without a date", "Error-", { isError: true }],
  ["a day that does not exist", "31/02/2021-00:00:00", { isError: false }],
  ["an hour that does not exist", "01/02/2021-25:00:00", { isError: false }],
  ["nothing", undefined, { isError: false }],
])("%s is parsed as PyAnamo writes it", ([, value, expected]) => {
  expect(readOldDate(value)).toEqual(expected);
});

const KEPT = { isNoStart: false, isCut: false };

test.for<[string, unknown, unknown]>([
  [
    "a map",
    { Status: "Done", stdout: "out\n", stderr: "err" },
    { log: { stdout: "out\n", stderr: "err" }, logBytes: 7 },
  ],
  ["JSON text", '{"Status": "Execution Successful", "stdout": "1\\n2\\n"}', { log: { stdout: "1\n2\n" }, logBytes: 4 }],
  ["plain text", "{ echo hi; }", { log: { stdout: "{ echo hi; }" }, logBytes: 12 }],
  ["a failed start", { Status: "Execution Failed", stdout: "", stderr: "" }, { logBytes: 0, isNoStart: true }],
  [
    "a log stored elsewhere",
    { Status: "Compressed active log to S3 = s3://b/PyAnamo/T/S1.TaskLog.txt.gz", stdout: "reads 12", stderr: "" },
    { message: "PyAnamo: Compressed active log to S3 = s3://b/PyAnamo/T/S1.TaskLog.txt.gz", logBytes: 8 },
  ],
  ["tagged lines", { stdout: "a\nPyAnamo:\treads 12\nb\n" }, { log: { tagged: ["reads 12"] } }],
])("%s is read as a log", ([, value, expected]) => {
  expect(readOldLog(value)).toMatchObject({ ...KEPT, ...(expected as object) });
});

test.for([undefined, "NULL", {}, "", null, 3])("%j is not a log", (value) => {
  expect(readOldLog(value)).toBeUndefined();
});

test("of a long log the ends of both streams are kept, cut between characters", () => {
  const read = readOldLog({ stdout: `${"a".repeat(5_000)}äöü`, stderr: `€${"e".repeat(1_023)}` });
  expect(read).toMatchObject({ isCut: true, logBytes: 5_006 + 1_026 });
  expect(read?.log.stderr).toBe("e".repeat(1_023));
  expect(read?.log.stdout).toMatch(/^a+äöü$/);
  const { stdout = "", stderr = "" } = read?.log ?? {};
  expect(Buffer.byteLength(stdout) + Buffer.byteLength(stderr)).toBe(LOG_ON_ROW_BYTES);
});
