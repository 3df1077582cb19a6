import { expect, test } from "vitest";
import { workerJobName } from "../../../lib/jobs/worker-job-name.ts";

test.each([
  ["cohort1", "anamo-cohort1"],
  ["Cohort_1-b", "anamo-Cohort_1-b"],
  ["cohort.1", /^anamo-cohort_1-[0-9a-f]{8}$/],
  ["x".repeat(255), /^anamo-x{113}-[0-9a-f]{8}$/],
])("the jobs of table %s", (table, name) => {
  const is = workerJobName(table);
  expect(is).toMatch(name);
  expect(is).toMatch(/^[A-Za-z0-9][\w-]{0,127}$/);
});

test("tables that look the same without what a job name cannot have keep apart", () => {
  expect(new Set(["a.b", "a_b", "a..b"].map(workerJobName)).size).toBe(3);
});
