import { expect, test, vi } from "vitest";
import { merge } from "../../../lib/flow/merge.ts";

test("yields all values of all sources, reading only `width` of them at once", async () => {
  const begun: number[] = [];
  const source = async function* (base: number) {
    begun.push(base);
    yield* (async function* () {
      yield base;
      yield base + 1;
    })();
  };
  const merged = merge([0, 10, 20, 30].map(source), 2);
  await merged.next();
  expect(begun.length).toBeLessThanOrEqual(3);
  const rest = await Array.fromAsync(merged);
  expect(rest).toHaveLength(7);
  expect(begun).toEqual([0, 10, 20, 30]);
});

test("closes the sources when the reader stops early", async () => {
  const closed: number[] = [];
  const source = async function* (n: number) {
    try {
      yield n;
      yield n;
    } finally {
      closed.push(n);
    }
  };
  for await (const _ of merge([1, 2].map(source), 2)) break;
  expect(closed.sort()).toEqual([1, 2]);
});

test("reads at most one value ahead per source for a slow reader", async () => {
  let given = 0;
  const source = async function* () {
    for (;;) {
      given++;
      yield given;
    }
  };
  const merged = merge([1, 2, 3, 4].map(source), 3);
  await merged.next();
  for (let count = 0; count < 20; count++) await new Promise(setImmediate);
  expect(given).toBe(1 + 3);
  await merged.return(undefined);
});

test("starts the next source when one ends, even while the reader is busy", async () => {
  const begun: number[] = [];
  const source = async function* (n: number) {
    begun.push(n);
    yield n;
  };
  const merged = merge([0, 1, 2, 3, 4, 5].map(source), 2);
  await merged.next();
  await vi.waitFor(() => expect(begun).toEqual([0, 1, 2]), 60_000);
  expect(await Array.fromAsync(merged)).toHaveLength(5);
});

test("throws the error of one source and closes the others", async () => {
  const closed: number[] = [];
  const source = async function* (n: number) {
    try {
      yield n;
      if (n === 1) throw new Error("one");
      for (;;) yield n;
    } finally {
      closed.push(n);
    }
  };
  await expect(Array.fromAsync(merge([0, 1, 2].map(source), 3))).rejects.toThrow("one");
  expect(closed.sort()).toEqual([0, 1, 2]);
});
