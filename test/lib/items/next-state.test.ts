import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterFailure, DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { CAUSES, type Cause, isInterruption } from "../../../lib/items/states.ts";

const NOW = Date.UTC(2030, 0, 1);
const FRESH = { failures: 0, interruptions: 0, losses: 0 };
const at = (random: number) => ({ now: () => NOW, random: () => random });
const AT_HALF = at(0.5);

describe("when the script fails", () => {
  test.each<Cause>(["exit", "signal", "oom", "timeout", "no-start"])(
    "(%s) it costs an attempt and the item waits",
    (cause) => {
      expect(afterFailure(FRESH, cause, DEFAULT_POLICY, AT_HALF)).toEqual({
        state: "todo",
        readyAtMs: NOW + 2_500,
        failures: 1,
        interruptions: 0,
        losses: 0,
      });
    },
  );

  test.each([
    [1, 5_000],
    [2, 10_000],
    [3, 20_000],
    [8, 640_000],
    [9, 900_000],
    [2_000, 900_000],
  ])("the wait after failure %i is at most %i ms", (failures, ceilingMs) => {
    const policy = { ...DEFAULT_POLICY, maxAttempts: 10_000 };
    const next = afterFailure({ ...FRESH, failures: failures - 1 }, "exit", policy, at(0.999_999));
    expect(next.readyAtMs).toBeCloseTo(NOW + ceilingMs, -1);
  });

  test("an item that need not wait has no readyAtMs", () => {
    expect(afterFailure(FRESH, "exit", DEFAULT_POLICY, at(0))).not.toHaveProperty("readyAtMs");
    const eager = { ...DEFAULT_POLICY, backoffBaseMs: 0, maxAttempts: 5_000 };
    expect(afterFailure({ ...FRESH, failures: 3_000 }, "exit", eager, AT_HALF)).toMatchObject({ state: "todo" });
    expect(afterFailure({ ...FRESH, failures: 3_000 }, "exit", eager, AT_HALF)).not.toHaveProperty("readyAtMs");
  });

  test("in its last attempt, the item is failed", () => {
    const next = afterFailure({ ...FRESH, failures: 2 }, "exit", DEFAULT_POLICY, AT_HALF);
    expect(next).toEqual({ state: "failed", failures: 3, interruptions: 0, losses: 0 });
  });

  test.each([
    [1, "failed"],
    [2, "todo"],
  ])("an item's own limit of %i overrides the policy's", (maxAttempts, state) => {
    expect(afterFailure({ ...FRESH, maxAttempts }, "exit", DEFAULT_POLICY, AT_HALF).state).toBe(state);
  });
});

describe("when the machine fails", () => {
  test.each([
    ["interrupted", { failures: 2, interruptions: 1, losses: 0 }],
    ["lost", { failures: 2, interruptions: 0, losses: 1 }],
  ] as const)("(%s) it costs no attempt and the item may be claimed at once", (cause, counters) => {
    const next = afterFailure({ ...FRESH, failures: 2 }, cause, DEFAULT_POLICY, AT_HALF);
    expect(next).toEqual({ state: "todo", ...counters });
  });

  test.each([
    ["interrupted", "interruptions", 20],
    ["lost", "losses", 5],
  ] as const)("(%s) it is tolerated up to a limit; one more fails the item", (cause, counter, cap) => {
    const at = (before: number) => afterFailure({ ...FRESH, [counter]: before }, cause, DEFAULT_POLICY, AT_HALF);
    expect(at(cap - 1)).toMatchObject({ state: "todo", [counter]: cap });
    expect(at(cap)).toMatchObject({ state: "failed", [counter]: cap + 1 });
  });
});

describe("for any item, cause and policy", () => {
  const counters = fc.record({ failures: fc.nat(50), interruptions: fc.nat(50), losses: fc.nat(50) });
  const policies = fc.record({
    maxAttempts: fc.integer({ min: 1, max: 20 }),
    maxInterruptions: fc.nat(40),
    maxLosses: fc.nat(40),
    backoffBaseMs: fc.nat(60_000),
    backoffCapMs: fc.nat(3_600_000),
  });
  const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test("exactly one counter grows, by one; only a waiting item has readyAtMs, and it is within the cap", () => {
    fc.assert(
      fc.property(counters, fc.constantFrom(...CAUSES), policies, unit, (item, cause, policy, random) => {
        const next = afterFailure(item, cause, policy, at(random));
        const sum = (of: typeof item) => of.failures + of.interruptions + of.losses;
        expect(sum(next)).toBe(sum(item) + 1);
        expect(next.failures - item.failures).toBe(isInterruption(cause) ? 0 : 1);
        if (next.readyAtMs === undefined) return;
        expect(next.state).toBe("todo");
        expect(isInterruption(cause)).toBe(false);
        expect(next.readyAtMs).toBeGreaterThan(NOW);
        expect(next.readyAtMs).toBeLessThanOrEqual(NOW + policy.backoffCapMs);
      }),
    );
  });

  test("the item fails after at most as many rounds as the limits add up to", () => {
    fc.assert(
      fc.property(
        policies,
        fc.array(fc.constantFrom(...CAUSES), { minLength: 110, maxLength: 110 }),
        (policy, causes) => {
          let item = FRESH;
          let rounds = 0;
          for (const cause of causes) {
            rounds += 1;
            const next = afterFailure(item, cause, policy, AT_HALF);
            if (next.state === "failed") break;
            item = next;
          }
          expect(rounds).toBeLessThanOrEqual(policy.maxAttempts + policy.maxInterruptions + policy.maxLosses + 1);
        },
      ),
    );
  });
});
