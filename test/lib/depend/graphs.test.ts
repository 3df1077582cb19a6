import { expect, test } from "vitest";
import type { NewItem } from "../../../lib/items/new-item.ts";
import { exploreAtRandom } from "../../support/memory/explorer.ts";
import type { Process } from "../../support/memory/process.ts";
import {
  adder,
  deleter,
  deliveredTwice,
  followingResetter,
  importer,
  type Plot,
  resetter,
  scenarioOf,
  stepItem,
  sweeper,
  workers,
} from "./scenarios.ts";

/*
 * Random graphs of items in four steps, with all kinds of waiting, added in any order by imports and one by one, while
 * workers run, die and hang, replies are lost, events come twice, items fail, are reset and deleted, and the index
 * lags. truth.ts says what must hold. More, and larger ones:
 *
 *   ANAMO_GRAPHS=5000 ANAMO_GRAPH_ITEMS=200 npx vitest run test/lib/depend/graphs.test.ts
 */
const GRAPHS = Number(process.env.ANAMO_GRAPHS ?? 20);
/** Items of every tenth graph; the others have at most 12. */
const LARGE = Number(process.env.ANAMO_GRAPH_ITEMS ?? 30);

const STEPS = ["a", "b", "c", "d"];
const SAMPLES = ["S1", "S2", "S3"];
const MORE_SAMPLES = Array.from({ length: 12 }, (_, n) => `S${n}`);

test("in random graphs, no item starts before what it waits for is done, and nothing that could run waits", async () => {
  for (let seed = 1; seed <= GRAPHS; seed++) {
    try {
      await exploreAtRandom(scenarioOf(plotOf(seed)), { runs: 1, seed: seed * 7 + 1 });
    } catch (error) {
      throw new Error(`graph ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  expect(GRAPHS).toBeGreaterThan(0);
});

/** A graph and the processes that work on it; the same for the same seed. */
function plotOf(seed: number): Plot {
  const random = randomOf(seed);
  const some = (count: number) => Math.floor(random() * count);
  const isSo = (share: number) => random() < share;
  const oneOf = <T>(of: readonly T[]): T => of[some(of.length)] as T;
  const isLarge = seed % 10 === 0;
  const samples = isLarge ? MORE_SAMPLES : SAMPLES;
  const items: NewItem[] = [];
  for (let n = isLarge ? LARGE : 4 + some(9); n > 0; n--) {
    const at = some(STEPS.length);
    const step = STEPS[at] ?? "a";
    const before = STEPS.slice(0, at);
    const earlier = items.filter(({ step: other }) => before.includes(other)).map(({ itemId }) => itemId);
    const waits: Partial<NewItem> = {
      ...(before.length > 0 && isSo(0.5) && { after: [oneOf(before)] }),
      ...(before.length > 0 && isSo(0.25) && { afterAll: [oneOf(before)], ...(isSo(0.5) && { allowFailed: "1" }) }),
      ...(earlier.length > 0 && isSo(0.25) && { afterItems: [oneOf(earlier)] }),
    };
    items.push(stepItem(`${step}/${oneOf(samples)}/${n}`, waits));
  }
  items.sort(() => random() - 0.5);
  const there = items.splice(0, some(items.length));
  const ids = there.map(({ itemId }) => itemId);
  const processes: Process[] = [...workers(2 + some(isLarge ? 5 : 2)), sweeper()];
  if (items.length > 0) {
    const imported = items.splice(0, some(items.length) + 1);
    processes.push(...(seed % 3 === 0 ? deliveredTwice("1", imported) : [importer("1", imported)]));
  }
  if (items.length > 9) processes.push(importer("2", items.splice(0, items.length - 3)));
  for (const item of items) processes.push(adder(item));
  if (ids.length > 0 && isSo(0.3)) processes.push(deleter(oneOf(ids)));
  if (ids.length > 0 && isSo(0.3)) processes.push(isSo(0.5) ? resetter(oneOf(ids)) : followingResetter(oneOf(ids)));
  return {
    there,
    processes,
    mayFail: [...ids],
    budget: { deaths: some(3), failures: some(3), lostReplies: some(4), freezes: some(3) },
    lags: isSo(0.5),
    sweeps: true,
  };
}

function randomOf(seed: number): () => number {
  let state = (seed * 69_621 + 1) % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
