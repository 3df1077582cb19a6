import { type Finding, ok, problem } from "./finding.ts";

/** What a round trip does with the workflow. */
export interface Trip {
  add: (itemID: string) => Promise<void>;
  /** starts a worker; returns why it started none, or no more */
  launch: () => Promise<string>;
  stateOf: (itemID: string) => Promise<string | undefined>;
  remove: (itemID: string) => Promise<void>;
  pause: (ms: number) => Promise<unknown>;
  /** a clock that never jumps, in milliseconds */
  now: () => number;
}

/** Batch may take minutes to provide a host and an image. */
const LONGEST_MS = 15 * 60_000;
const LOOK_MS = 5_000;

/** Adds one item, starts a worker, waits until the item has run, and removes it in any case. */
export async function roundTrip({ add, launch, stateOf, remove, pause, now }: Trip, itemID: string): Promise<Finding> {
  const startedMs = now();
  await add(itemID);
  try {
    const why = await launch();
    for (let state = await stateOf(itemID); now() - startedMs < LONGEST_MS; state = await stateOf(itemID)) {
      const seconds = Math.round((now() - startedMs) / 1_000);
      if (state === "done") return ok(`an item went through the table and a worker in ${seconds} s`);
      if (state === "failed") return problem("the item of the round trip failed", `anamo logs ${itemID} --stderr`);
      await pause(LOOK_MS);
    }
    const what = `no worker ran the item of the round trip within ${LONGEST_MS / 60_000} minutes (the launch said: ${why})`;
    return problem(what, "docs/operating.md#nobody-works says where to look");
  } finally {
    await remove(itemID);
  }
}
