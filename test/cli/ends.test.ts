import { expect, test } from "vitest";
import { Ends } from "../../cli/output/ends.ts";
import type { ItemState } from "../../lib/items/states.ts";
import type { WorkerEvent } from "../../worker/events.ts";

const OF = { itemId: "A", step: "s", attempt: 1 };
const claimed: WorkerEvent = { kind: "item:claimed", ...OF };
const ended = (state: ItemState, cause?: "exit" | "interrupted"): WorkerEvent => ({
  kind: "item:ended",
  ...OF,
  state,
  wallSeconds: 1,
  ...(cause && { cause }),
});

test("items are counted by how they ended; retries and released items are counted separately", () => {
  const ends = new Ends();
  expect(ends.text()).toBe("There was no item to claim");
  for (const end of [ended("done"), ended("failed", "exit"), ended("todo", "exit"), ended("todo", "interrupted")]) {
    ends.add(claimed);
    ends.add(end);
  }
  ends.add({ kind: "item:lease-lost", ...OF, why: "somebody else has it" });
  expect(ends.text(1)).toBe("1 item done, 1 failed, 1 to be tried again, 1 released, 1 lost");
});
