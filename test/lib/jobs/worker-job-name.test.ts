import { expect, test } from "vitest";
import { workerJobName } from "../../../lib/jobs/worker-job-name.ts";

test.each([
  ["cohort1", "anamo-cohort1"],
  ["Cohort_1-b", "anamo-Cohort_1-b"],
  ["cohort.1", /^anamo-cohort_1-[0-9a-f]{8}$/],
  ["x".repeat(255), /^anamo-x{113}-[0-9a-f]{8}$/],
])("names the jobs of table %s", (table, name) => {
  const is = workerJobName(table);
  expect(is).toMatch(name);
  expect(is).toMatch(/^[A-Za-z0-9][\w-]{0,127}$/);
});

test("table names that differ only in characters that job names cannot have give different job names", () => {
  expect(new Set(["a.b", "a_b", "a..b"].map(workerJobName)).size).toBe(3);
});
