import { expect, test, vi } from "vitest";
import { asTheyCome } from "../../../lib/flow/as-they-come.ts";

/** Pages of three numbers each; `log` records each page that is requested. */
async function* numbers(end: number, log: number[] = []): AsyncGenerator<number[]> {
  for (let n = 0; n < end; n += 3) {
    log.push(n);
    yield [n, n + 1, n + 2].filter((one) => one < end);
  }
}

const turn = () => new Promise(setImmediate);

/** All results, in the order in which `tell` received them. */
async function resultsOf<T, R>(pages: AsyncIterable<readonly T[]>, width: number, work: (input: T) => Promise<R>) {
  const told: R[] = [];
  await asTheyCome(pages, { width, work, tell: (result) => void told.push(result) });
  return told;
}

test("works on every input once, at most `width` at once", async () => {
  let running = 0;
  let most = 0;
  const results = await resultsOf(numbers(200), 7, async (n) => {
    most = Math.max(most, ++running);
    await turn();
    running--;
    return n;
  });
  expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  expect(most).toBe(7);
});

test("skips empty pages, and gives no results for no input", async () => {
  async function* pages() {
    yield [];
    yield [1];
    yield [];
    yield [];
    yield [2, 3];
    yield [];
  }
  expect(await resultsOf(pages(), 4, async (n) => n)).toEqual([1, 2, 3]);
  expect(await resultsOf(numbers(0), 4, async (n) => n)).toEqual([]);
});

test("reads the next page while one is being worked on", async () => {
  const asked: number[] = [];
  const gate = Promise.withResolvers<void>();
  const all = resultsOf(numbers(9, asked), 2, () => gate.promise);
  await vi.waitFor(() => expect(asked).toEqual([0, 3]), 60_000);
  for (let count = 0; count < 20; count++) await turn();
  expect(asked).toEqual([0, 3]);
  gate.resolve();
  expect(await all).toHaveLength(9);
  expect(asked).toEqual([0, 3, 6]);
});

test("starts no more work than a slow `tell` can keep up with", async () => {
  const begun: number[] = [];
  const gate = Promise.withResolvers<void>();
  const work = async (n: number) => void begun.push(n);
  const all = asTheyCome(numbers(1_000), { width: 4, work, tell: () => gate.promise });
  for (let count = 0; count < 50; count++) await turn();
  expect(begun.length).toBe(4);
  gate.resolve();
  await all;
  expect(begun.length).toBe(1_000);
});

test("starts nothing new once aborted, and tells the results of what was started", async () => {
  const abort = new AbortController();
  const begun: number[] = [];
  const told: number[] = [];
  const work = async (n: number) => {
    begun.push(n);
    await turn();
    if (n === 10) abort.abort();
    return n;
  };
  await asTheyCome(numbers(1_000), { width: 4, work, tell: (n) => void told.push(n), signal: abort.signal });
  expect(told.sort((a, b) => a - b)).toEqual(begun);
  expect(begun.length).toBeLessThan(20);
});

test("an error in the work, in `tell` or in the inputs ends it, after telling the other results", async () => {
  const failAt = (at: number) => async (n: number) => {
    await turn();
    if (n === at) throw new Error("five");
    return n;
  };
  const told: number[] = [];
  const all = asTheyCome(numbers(100), { width: 3, work: failAt(5), tell: (n) => void told.push(n) });
  await expect(all).rejects.toThrow("five");
  expect(told.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, ...told.slice(5)]);
  expect(told.length).toBeLessThan(12);
  const begun: number[] = [];
  const work = async (n: number) => begun.push(n);
  await expect(
    asTheyCome(numbers(100), { width: 3, work, tell: (count) => failAt(5)(count).then(() => {}) }),
  ).rejects.toThrow("five");
  expect(begun.length).toBeLessThan(12);
  async function* broken(): AsyncGenerator<number[]> {
    yield [1];
    throw new Error("no more");
  }
  await expect(resultsOf(broken(), 3, async (n) => n)).rejects.toThrow("no more");
});

test("closes the inputs when it ends early", async () => {
  let isClosed = false;
  async function* pages() {
    try {
      for (;;) yield [1];
    } finally {
      isClosed = true;
    }
  }
  const work = () => Promise.reject(new Error("at once"));
  await expect(asTheyCome(pages(), { width: 2, work, tell: () => {} })).rejects.toThrow("at once");
  expect(isClosed).toBe(true);
});
