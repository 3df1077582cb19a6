import { expect, test } from "vitest";
import { Ends } from "../../cli/output/ends.ts";
import type { ItemState } from "../../lib/items/states.ts";
import type { WorkerEvent } from "../../worker/events.ts";

const of = (itemId: string) => ({ itemId, step: "s", attempt: 1 });
const claimed = (itemId: string): WorkerEvent => ({ kind: "item:claimed", ...of(itemId) });
const ended = (itemId: string, state: ItemState, cause?: "exit" | "interrupted"): WorkerEvent => ({
  kind: "item:ended",
  ...of(itemId),
  state,
  wallSeconds: 1,
  ...(cause && { cause }),
});

test("items are counted by how they ended; retries and released items are counted separately", () => {
  const ends = new Ends();
  expect(ends.text()).toBe("There was no item to claim");
  for (const id of ["A", "B", "C", "D", "E"]) ends.add(claimed(id));
  ends.add(ended("A", "done"));
  ends.add(ended("B", "failed", "exit"));
  ends.add(ended("C", "todo", "exit"));
  ends.add(ended("D", "todo", "interrupted"));
  ends.add({ kind: "item:lease-lost", ...of("E"), why: "somebody else has it" });
  expect(ends.text()).toBe("1 item done, 1 failed, 1 to be tried again, 1 released, 1 lost");
});

test("an item that this worker tried again, or got back, counts by its last end only", () => {
  const ends = new Ends();
  for (const last of [ended("A", "todo", "exit"), ended("A", "todo", "interrupted"), ended("A", "done")]) {
    ends.add(claimed("A"));
    ends.add(last);
  }
  expect(ends.text()).toBe("1 item done, 0 failed");
});
