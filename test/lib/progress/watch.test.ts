import { expect, test } from "vitest";
import { watch } from "../../../lib/progress/watch.ts";

test("it looks at once, and so often as told", async () => {
  let looked = 0;
  const seen = await Array.fromAsync(watch(async () => ++looked, { everyMs: 1, count: 3 }));
  expect(seen).toEqual([1, 2, 3]);
});

test("it ends in the middle of a pause when told to, without a word", async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const look of watch(async () => 1, { everyMs: 3_600_000, signal: stop.signal })) {
    seen.push(look);
    queueMicrotask(() => stop.abort());
  }
  expect(seen).toEqual([1]);
});

test("what goes wrong while looking is thrown", async () => {
  const looks = watch(async () => Promise.reject(new Error("no table")), { everyMs: 1 });
  await expect(Array.fromAsync(looks)).rejects.toThrow("no table");
});
