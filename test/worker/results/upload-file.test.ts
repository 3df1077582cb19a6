import { expect, test } from "vitest";
import { partBytesOf } from "../../../worker/results/upload-file.ts";

const [MB, GB, TB] = [2 ** 20, 2 ** 30, 2 ** 40];

test.each([
  ["6 MB", 6 * MB, 8 * MB],
  ["50 GB", 50 * GB, 8 * MB],
  ["70 GB", 70 * GB, 8 * MB],
  ["1 TB", TB, undefined],
  ["5 TB, the largest object", 5 * TB, undefined],
])(
  "a file of %s fits in the 10,000 parts of S3, each of 5 MB to 5 GB; up to 70 GB they stay small",
  (_, bytes, expected) => {
    const part = partBytesOf(bytes);
    expect(Math.ceil(bytes / part)).toBeLessThanOrEqual(10_000);
    expect(part).toBeGreaterThanOrEqual(5 * MB);
    expect(part).toBeLessThanOrEqual(5 * GB);
    if (expected) expect(part).toBe(expected);
  },
);
