import {
  adder,
  deleter,
  followingResetter,
  importer,
  type Plot,
  resetter,
  stepItem,
  sweeper,
  workers,
} from "./scenarios.ts";

/*
 * Whole steps in which some items may fail, and whose items wait in vain: what they wait for has failed, so nothing
 * will end them, and they count as failed.
 */
const FIRST = stepItem("p/S");
const FOLLOWER = stepItem("q/S", { after: ["p"] });
const OTHER = stepItem("q/T");
const LAST = stepItem("z/1", { afterAll: ["q"], allowFailed: "1" });
const mayFail = ["p/S"];

export const TOLERATED_PLOTS: Record<string, Plot> = {
  "one waits in vain": {
    there: [FIRST, FOLLOWER, OTHER],
    processes: [...workers(2), adder(LAST)],
    mayFail,
    budget: { failures: 1 },
  },
  "one waits in vain, and is added when it does": {
    there: [FIRST, OTHER, LAST],
    processes: [...workers(2), adder(FOLLOWER)],
    mayFail,
    budget: { failures: 1 },
  },
  "one waits in vain, with a death": {
    there: [FIRST, FOLLOWER, OTHER, LAST],
    processes: [...workers(2), sweeper()],
    mayFail,
    budget: { failures: 1, deaths: 1 },
    sweeps: true,
  },
  "one waits in vain, index lags": {
    there: [FIRST, FOLLOWER, OTHER],
    processes: [...workers(2), adder(LAST), sweeper()],
    mayFail,
    budget: { failures: 1 },
    lags: true,
    sweeps: true,
  },
  "one waits in vain, and what failed is reset": {
    there: [FIRST, FOLLOWER, OTHER, LAST],
    processes: [...workers(2), resetter("p/S")],
    mayFail,
    budget: { failures: 2 },
  },
  "one waits in vain, and all that follow are reset": {
    there: [FIRST, FOLLOWER, OTHER, LAST],
    processes: [...workers(2), followingResetter("p/S"), sweeper()],
    mayFail,
    budget: { failures: 2 },
    sweeps: true,
  },
  "one waits in vain, and is deleted": {
    there: [FIRST, FOLLOWER, OTHER, LAST],
    processes: [...workers(2), deleter("q/S")],
    mayFail,
    budget: { failures: 1 },
  },
  "one waits in vain, and what failed is deleted": {
    there: [FIRST, FOLLOWER, OTHER, LAST],
    processes: [...workers(2), deleter("p/S")],
    mayFail,
    budget: { failures: 1 },
  },
  "two wait in vain, one behind the other": {
    there: [FIRST, FOLLOWER, stepItem("r/S", { after: ["q"] }), stepItem("r/T")],
    processes: [...workers(2), adder(stepItem("z/1", { afterAll: ["r"], allowFailed: "1" }))],
    mayFail,
    budget: { failures: 1 },
  },
  "one waits in vain for a whole step": {
    there: [FIRST, stepItem("q/1", { afterAll: ["p"] }), OTHER],
    processes: [...workers(2), adder(LAST)],
    mayFail,
    budget: { failures: 1 },
  },
  "one waits in vain for an item": {
    there: [FIRST, stepItem("q/1", { afterItems: ["p/S"] }), OTHER],
    processes: [...workers(2), adder(LAST)],
    mayFail,
    budget: { failures: 1 },
  },
  "half may fail, one waits in vain, and an import adds others": {
    there: [FIRST, FOLLOWER, stepItem("z/1", { afterAll: ["q"], allowFailed: "50%" })],
    processes: [...workers(2), importer("1", [OTHER])],
    mayFail,
    budget: { failures: 1 },
  },
  "two steps behind each other may both fail some": {
    there: [FIRST, FOLLOWER, OTHER, stepItem("r/1", { afterAll: ["q"] }), stepItem("r/2")],
    processes: [...workers(2), adder(stepItem("z/1", { afterAll: ["q", "r"], allowFailed: "1" }))],
    mayFail,
    budget: { failures: 1 },
  },
};
