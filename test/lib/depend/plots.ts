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
import { TOLERATED_PLOTS } from "./tolerated-plots.ts";

const [A, B, C] = [stepItem("p/T/A"), stepItem("p/T/B"), stepItem("p/T/C")];
const byName = stepItem("q/T", { afterItems: ["p/T/A", "p/T/B"] });
const bySample = stepItem("q/T", { after: ["p"] });
export const [behind, behindToo] = [stepItem("q/1", { afterAll: ["p"] }), stepItem("q/2", { afterAll: ["p"] })];

/**
 * Which processes work concurrently, and what may go wrong: small cases of everything that the protocol has to get
 * right.
 */
export const PLOTS: Record<string, Plot> = {
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
