import { expect, test } from "vitest";
import { groupIdOf, groupKeyOf } from "../../../lib/failures/failure-group.ts";

const keyOf = (sample: string, { log = "", message = "" }) =>
  groupKeyOf({ itemID: `call-${sample}`, taskID: sample, step: "call", cause: "exit", logTail: log, message });

test("failures that differ only in the ids of the item and its sample are one group", () => {
  const removed = (sample: string) =>
    keyOf(sample, {
      message: `inputs/align: the results of align-${sample} were removed; anamo reset call-${sample} --preceding`,
    });
  const [first] = ["liver", "heart (2)", "S1", "S10", "[x].*", "12"].map(removed);
  expect(first?.line).toBe("inputs/align: the results of align-# were removed; anamo reset # --preceding");
  for (const sample of ["heart (2)", "S1", "S10", "[x].*", "12"])
    expect(groupIdOf(removed(sample)), sample).toBe(groupIdOf(first ?? removed("")));
});

test("an id is replaced only where it stands as a word, and a single letter never", () => {
  expect(keyOf("live", { log: "live.bam is not alive, livelier" }).line).toBe("#.bam is not alive, livelier");
  expect(keyOf("a", { log: "a file is missing" }).line).toBe("a file is missing");
});
