import { expect, test } from "vitest";
import { watch } from "../../../lib/progress/watch.ts";

test("looks at once, and as many times as requested", async () => {
  let looked = 0;
  const seen = await Array.fromAsync(watch(async () => ++looked, { everyMs: 1, count: 3 }));
  expect(seen).toEqual([1, 2, 3]);
});

test("ends quietly in the middle of a pause when aborted", async () => {
  const abort = new AbortController();
  const seen: number[] = [];
  for await (const look of watch(async () => 1, { everyMs: 3_600_000, signal: abort.signal })) {
    seen.push(look);
    queueMicrotask(() => abort.abort());
  }
  expect(seen).toEqual([1]);
});

test("throws an error of the look", async () => {
  const looks = watch(async () => Promise.reject(new Error("no table")), { everyMs: 1 });
  await expect(Array.fromAsync(looks)).rejects.toThrow("no table");
});
