import { expect, test, vi } from "vitest";
import { asTheyCome, merge } from "../../lib/as-they-come.ts";

/** Pages of three numbers each; `log` hears of each page that is asked for. */
async function* numbers(end: number, log: number[] = []): AsyncGenerator<number[]> {
  for (let n = 0; n < end; n += 3) {
    log.push(n);
    yield [n, n + 1, n + 2].filter((one) => one < end);
  }
}

const turn = () => new Promise(setImmediate);

test("every input is worked on once, at most so many at a time", async () => {
  let running = 0;
  let most = 0;
  const results = asTheyCome(numbers(200), 7, async (n) => {
    most = Math.max(most, ++running);
    await turn();
    running--;
    return n;
  });
  expect((await Array.fromAsync(results)).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  expect(most).toBe(7);
});

test("empty pages are passed over, and no input at all is no result", async () => {
  async function* pages() {
    yield [];
    yield [1];
    yield [];
    yield [];
    yield [2, 3];
    yield [];
  }
  expect(await Array.fromAsync(asTheyCome(pages(), 4, async (n) => n))).toEqual([1, 2, 3]);
  expect(await Array.fromAsync(asTheyCome(numbers(0), 4, async (n) => n))).toEqual([]);
});

test("the next page is read while one is worked on", async () => {
  const asked: number[] = [];
  const gate = Promise.withResolvers<void>();
  const results = asTheyCome(numbers(9, asked), 2, () => gate.promise);
  const first = results.next();
  await vi.waitFor(() => expect(asked).toEqual([0, 3]));
  for (let count = 0; count < 20; count++) await turn();
  expect(asked).toEqual([0, 3]);
  gate.resolve();
  await first;
  await results.return(undefined);
});

test("a reader that does not come on is not run away from", async () => {
  const begun: number[] = [];
  const results = asTheyCome(numbers(1_000), 4, async (n) => void begun.push(n));
  await results.next();
  for (let count = 0; count < 50; count++) await turn();
  expect(begun.length).toBeLessThanOrEqual(4 * 4);
  await results.return(undefined);
});

test("when the reader stops, what runs is waited for and nothing new is begun", async () => {
  const ended: number[] = [];
  const begun: number[] = [];
  for await (const _ of asTheyCome(numbers(1_000), 4, async (n) => {
    begun.push(n);
    await turn();
    ended.push(n);
  })) {
    break;
  }
  const before = begun.length;
  for (let count = 0; count < 20; count++) await turn();
  expect(ended.sort((a, b) => a - b)).toEqual(begun);
  expect(begun.length).toBe(before);
  expect(begun.length).toBeLessThan(20);
});

test("once it is aborted nothing new is begun, and what has been begun is told", async () => {
  const stop = new AbortController();
  const begun: number[] = [];
  const work = async (n: number) => {
    begun.push(n);
    await turn();
    if (n === 10) stop.abort();
    return n;
  };
  const told = await Array.fromAsync(asTheyCome(numbers(1_000), 4, work, stop.signal));
  expect(told.sort((a, b) => a - b)).toEqual(begun);
  expect(begun.length).toBeLessThan(20);
});

test("an error of the work, or of the inputs, ends it, and what was done besides is told before", async () => {
  const work = async (n: number) => {
    await turn();
    if (n === 5) throw new Error("five");
    return n;
  };
  const told: number[] = [];
  const read = async () => {
    for await (const n of asTheyCome(numbers(100), 3, work)) told.push(n);
  };
  await expect(read()).rejects.toThrow("five");
  expect(told.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, ...told.slice(5)]);
  expect(told.length).toBeLessThan(12);
  async function* broken(): AsyncGenerator<number[]> {
    yield [1];
    throw new Error("no more");
  }
  await expect(Array.fromAsync(asTheyCome(broken(), 3, async (n) => n))).rejects.toThrow("no more");
});

test("merged sources give all they have, few of them being read at once", async () => {
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

test("merged sources that are left early are closed", async () => {
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
