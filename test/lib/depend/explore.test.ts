import { expect, test } from "vitest";
import { exploreAll, exploreAtRandom } from "../../support/memory/explorer.ts";
import * as mutants from "./mutants.ts";
import { behind, behindToo, PLOTS } from "./plots.ts";
import { adder, type Plot, scenarioOf, workers } from "./scenarios.ts";

/*
 * The protocol by which waiting items are released, in the real code: processes work on one table in memory, and their
 * single calls are put into many orders. Each test takes random orders, the same every time. For all orders of a
 * scenario, up to a number of places:  ANAMO_EXPLORE=200000 npx vitest run test/lib/depend/explore.test.ts
 */
const LIMIT = Number(process.env.ANAMO_EXPLORE ?? 0);
const RUNS = Number(process.env.ANAMO_EXPLORE_RUNS ?? 15);

test.each(Object.entries(PLOTS))("in any order, no item starts too early or waits forever: %s", async (_, plot) => {
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
  await expect(exploreAtRandom(scenarioOf(plot), { runs: 3_000, seed })).rejects.toThrow(/though|waits forever/);
});
