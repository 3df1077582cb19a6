import { expect, test } from "vitest";
import { asTheyCome, merge } from "../../lib/as-they-come.ts";

async function* numbers(end: number, log: number[] = []): AsyncGenerator<number> {
  for (let n = 0; n < end; n++) {
    log.push(n);
    yield n;
  }
}

test("every input is worked on once, at most so many at a time", async () => {
  let running = 0;
  let most = 0;
  const results = asTheyCome(numbers(200), 7, async (n) => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
    return n;
  });
  expect((await Array.fromAsync(results)).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  expect(most).toBe(7);
});

test("a reader that does not come on is not run away from", async () => {
  const begun: number[] = [];
  const results = asTheyCome(numbers(1_000, begun), 4, async (n) => n);
  await results.next();
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  expect(begun.length).toBeLessThanOrEqual(4 * 4);
  await results.return(undefined);
});

test("when the reader stops, what runs is waited for and nothing new is begun", async () => {
  const ended: number[] = [];
  const begun: number[] = [];
  for await (const _ of asTheyCome(numbers(1_000, begun), 4, async (n) => {
    await new Promise(setImmediate);
    ended.push(n);
  })) {
    break;
  }
  expect(ended.sort((a, b) => a - b)).toEqual(begun);
  expect(begun.length).toBeLessThan(20);
});

test("an error of the work, or of the inputs, ends it", async () => {
  const work = async (n: number) => {
    if (n === 5) throw new Error("five");
    return n;
  };
  await expect(Array.fromAsync(asTheyCome(numbers(100), 3, work))).rejects.toThrow("five");
  async function* broken(): AsyncGenerator<number> {
    yield 1;
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
