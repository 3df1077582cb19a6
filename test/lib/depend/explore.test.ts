import { expect, test } from "vitest";
import { exploreAll, exploreAtRandom } from "../../support/memory/explorer.ts";
import * as mutants from "./mutants.ts";
import {
  adder,
  deleter,
  followingResetter,
  importer,
  type Plot,
  resetter,
  scenarioOf,
  stepItem,
  sweeper,
  workers,
} from "./scenarios.ts";
import { TOLERATED_PLOTS } from "./tolerated-plots.ts";

/*
 * The protocol by which waiting items are let go, on the real code: processes work on one table in memory, and their
 * single calls are put into many orders. Each test takes random orders, the same every time. For all orders of a
 * scenario, up to a number of places:  ANAMO_EXPLORE=200000 npx vitest run test/lib/depend/explore.test.ts
 */
const LIMIT = Number(process.env.ANAMO_EXPLORE ?? 0);
const RUNS = Number(process.env.ANAMO_EXPLORE_RUNS ?? 15);

const [A, B, C] = [stepItem("p/T/A"), stepItem("p/T/B"), stepItem("p/T/C")];
const byName = stepItem("q/T", { afterItems: ["p/T/A", "p/T/B"] });
const bySample = stepItem("q/T", { after: ["p"] });
const [behind, behindToo] = [stepItem("q/1", { afterAll: ["p"] }), stepItem("q/2", { afterAll: ["p"] })];

const PLOTS: Record<string, Plot> = {
  "two named items": { there: [A, B], processes: [...workers(2), adder(byName)] },
  "two named items, with deaths": {
    there: [A, B],
    processes: [...workers(2), adder(byName), sweeper()],
    budget: { deaths: 2 },
    sweeps: true,
  },
  "a chain of four": {
    there: [A],
    processes: [
      ...workers(2),
      adder(stepItem("q/T", { afterItems: ["p/T/A"] })),
      adder(stepItem("r/T", { after: ["q"] })),
      adder(stepItem("s/T", { after: ["q", "r"] })),
    ],
  },
  "a sample's items and an import": { there: [A], processes: [...workers(2), adder(bySample), importer("1", [B])] },
  "a sample without items yet, and an import": { processes: [...workers(2), adder(bySample), importer("1", [A, B])] },
  "two imports": { processes: [...workers(2), adder(bySample), importer("1", [A]), importer("2", [B])] },
  "an import and a single item": { processes: [...workers(2), adder(bySample), importer("1", [A]), adder(B)] },
  "an import of both, in the wrong order": { processes: [...workers(2), importer("1", [bySample, A, B])] },
  "an import, with deaths": {
    there: [A],
    processes: [...workers(2), adder(bySample), importer("1", [B]), sweeper()],
    budget: { deaths: 2 },
    sweeps: true,
  },
  "single items": { processes: [...workers(2), adder(bySample), adder(A), adder(B)] },
  "named items that come later": { processes: [...workers(2), adder(byName), adder(A), adder(B)] },
  "a delete": { there: [A, B], processes: [...workers(2), adder(bySample), deleter("p/T/A")] },
  "a delete, with deaths": {
    there: [A, B],
    processes: [...workers(2), adder(bySample), deleter("p/T/A"), sweeper()],
    budget: { deaths: 2 },
    sweeps: true,
  },
  "a reset": {
    there: [A, B],
    processes: [...workers(2), adder(byName), resetter("p/T/A"), sweeper()],
    budget: { deaths: 1 },
    sweeps: true,
  },
  "a reset of all that follows, down a chain": {
    there: [A, stepItem("q/T", { after: ["p"] }), stepItem("r/T", { after: ["p", "q"] })],
    processes: [...workers(2), followingResetter("p/T/A"), sweeper()],
    budget: { deaths: 1 },
    sweeps: true,
  },
  "a reset of all that follows, behind a whole step, index lags": {
    there: [A, B, behind],
    processes: [...workers(2), followingResetter("p/T/A"), sweeper()],
    lags: true,
    sweeps: true,
  },
  "more followers than a row has names for": {
    there: [A],
    processes: [
      ...workers(2),
      ...Array.from({ length: 5 }, (_, n) => adder(stepItem(`q/T/${n}`, { after: ["p"] }))),
      importer(
        "1",
        Array.from({ length: 5 }, (_, n) => stepItem(`r/T/${n}`, { afterItems: ["p/T/A"] })),
      ),
      sweeper(),
    ],
    lags: true,
    sweeps: true,
  },
  "failures and a reset": {
    there: [A, B],
    processes: [...workers(2), adder(byName), resetter("p/T/A")],
    mayFail: ["p/T/A", "p/T/B"],
    budget: { failures: 2 },
  },
  "a whole step": { there: [A, B], processes: [...workers(2), adder(behind), adder(behindToo)] },
  "a whole step, index lags": {
    there: [A, B],
    processes: [...workers(2), adder(behind), adder(behindToo), sweeper()],
    lags: true,
    sweeps: true,
  },
  "a whole step, index lags, with deaths": {
    there: [A, B],
    processes: [...workers(2), adder(behind), sweeper()],
    lags: true,
    sweeps: true,
    budget: { deaths: 2 },
  },
  "a whole step and an import, index lags": {
    there: [A],
    processes: [...workers(2), adder(behind), importer("1", [B]), sweeper()],
    lags: true,
    sweeps: true,
    budget: { deaths: 1 },
  },
  "one of three may fail": {
    there: [A, B, C],
    processes: [...workers(2), adder(stepItem("q/1", { afterAll: ["p"], allowFailed: "1" })), resetter("p/T/B")],
    mayFail: ["p/T/A", "p/T/B", "p/T/C"],
    budget: { failures: 2 },
  },
  "one may fail, a delete, index lags": {
    there: [A, B],
    processes: [
      ...workers(2),
      adder(stepItem("q/1", { afterAll: ["p"], allowFailed: "1" })),
      deleter("p/T/B"),
      sweeper(),
    ],
    mayFail: ["p/T/A", "p/T/B"],
    budget: { failures: 2 },
    lags: true,
    sweeps: true,
  },
  ...TOLERATED_PLOTS,
};

test.each(Object.entries(PLOTS))("in any order, no item starts too early or waits for ever: %s", async (_, plot) => {
  await exploreAtRandom(scenarioOf(plot), { runs: RUNS, seed: 11 });
  if (LIMIT > 0) {
    const { places, isAll } = await exploreAll(scenarioOf(plot), LIMIT);
    console.log(`${places} places${isAll ? ", all" : ""}`);
    expect(places).toBeGreaterThan(0);
  }
});

const late = { ...PLOTS["single items"] } as Plot;

/** With these seeds a mistake shows within some 20 orders; with others, later. */
const SEEDS: Record<string, number> = {
  "a name is put onto a row that has ended": 707,
  "a name is put onto a row that has failed since": 1212,
  "the names on gates are not looked at": 303,
  "running imports are ignored": 606,
  "a release does not look at the epoch": 707,
  "a delete wakes nobody": 707,
  "the end of an item wakes nobody": 303,
  "somebody dies, and nobody sweeps": 606,
  "the index lags at a whole step, and nobody sweeps": 202,
};

/** Mistakes, with a scenario that they break. */
const MUTANTS: Record<string, Plot> = {
  "a name is put onto a row that has ended": { ...PLOTS["two named items"], change: mutants.putWakesBlindly } as Plot,
  "a name is put onto a row that has failed since": {
    ...PLOTS["one of three may fail"],
    change: mutants.putWakesOntoFailed,
  } as Plot,
  "the names on gates are not looked at": { ...late, change: mutants.wakesOnGatesIgnored },
  "running imports are ignored": { ...PLOTS["a sample's items and an import"], change: mutants.importsIgnored } as Plot,
  "a release does not look at the epoch": {
    ...PLOTS["a reset of all that follows, down a chain"],
    change: mutants.releaseWithoutEpoch,
  } as Plot,
  "a delete wakes nobody": { ...PLOTS["a delete"], change: mutants.deletesWakeNobody } as Plot,
  "the end of an item wakes nobody": { ...PLOTS["two named items"], change: mutants.endsWakeNobody } as Plot,
  "somebody dies, and nobody sweeps": { ...PLOTS["two named items"], budget: { deaths: 1 } } as Plot,
  "the index lags at a whole step, and nobody sweeps": {
    ...PLOTS["a whole step, index lags"],
    processes: [...workers(2), adder(behind), adder(behindToo)],
    sweeps: false,
  } as Plot,
};

test.each(Object.entries(MUTANTS))("the exploration finds what breaks if %s", async (name, plot) => {
  const seed = SEEDS[name] ?? 11;
  await expect(exploreAtRandom(scenarioOf(plot), { runs: 3_000, seed })).rejects.toThrow(/though|waits for ever/);
});
