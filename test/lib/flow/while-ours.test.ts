import { expect, test } from "vitest";
import { whileOurs } from "../../../lib/flow/while-ours.ts";

test("stays lost once one piece of work was refused, even if another succeeds later", async () => {
  const worked: number[] = [];
  const slow = Promise.withResolvers<void>();
  const done = await whileOurs(
    async () => true,
    [0, 1, 2, 3],
    2,
    async (n) => {
      worked.push(n);
      if (n > 0) await slow.promise;
      else setImmediate(slow.resolve);
      return n > 0;
    },
  );
  expect(done).toBe(false);
  expect(worked).toEqual([0, 1]);
});

test("starts nothing more once the item is no longer ours", async () => {
  let asked = 0;
  const worked: string[] = [];
  const work = async (one: string) => void worked.push(one);
  expect(await whileOurs(async () => ++asked < 3, ["a", "b", "c", "d"], 1, work)).toBe(false);
  expect(worked).toEqual(["a", "b"]);
  expect(await whileOurs(async () => true, [], 1, work)).toBe(true);
});
