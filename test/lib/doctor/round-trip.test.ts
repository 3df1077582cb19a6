import { describe, expect, test } from "vitest";
import { roundTrip } from "../../../lib/doctor/round-trip.ts";
import { stoppedClock } from "../../support/env.ts";

describe("a round trip", () => {
  test.for([
    ["done", 3, "ok", "an item went through the table and a worker in 15 s"],
    ["failed", 1, "problem", "the item of the round trip failed"],
    ["todo", 1_000, "problem", "no worker ran the item of the round trip within 15 minutes (the launch said: full)"],
  ] as const)("whose item is %s at last says so, and leaves no item", async ([last, looks, state, what]) => {
    const clock = stoppedClock();
    const calls: string[] = [];
    const found = await roundTrip(
      {
        add: async (id) => void calls.push(`add ${id}`),
        launch: async () => "full",
        stateOf: async () => (calls.push("look") > looks + 1 ? last : "todo"),
        remove: async (id) => void calls.push(`remove ${id}`),
        pause: async (ms) => clock.advance(ms),
        now: clock.now,
      },
      "doctor-1",
    );
    expect(found).toMatchObject({ state, what });
    expect([calls[0], calls.at(-1)]).toEqual(["add doctor-1", "remove doctor-1"]);
  });
});
