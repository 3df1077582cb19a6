import type { BatchClient } from "@aws-sdk/client-batch";
import type { LaunchTarget } from "../../lib/launch/submit-workers.ts";
import { setup } from "../local/batch-support.ts";
import { testTable } from "./env.ts";
import { addItems, newItem } from "./items.ts";

/** A table with this many waiting items, and a local Batch whose jobs run `command`. */
export async function launchable(items: number, maxRunning = 4, command = ["sleep", "600"]) {
  const table = await testTable();
  await addItems(
    table,
    Array.from({ length: items }, (_, n) => newItem(`S${n}`, { step: "align" })),
  );
  const { client } = await setup({ maxRunning, jobDefinitions: { sleeper: { command } } });
  return { table, target: targetOn(client) };
}

/** The queue of {@link setup} as the target of a launch. */
export function targetOn(client: BatchClient): LaunchTarget {
  return { batch: client, submitter: client, jobQueue: "queue", jobDefinition: "sleeper" };
}
