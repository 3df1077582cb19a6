import type { BatchClient } from "@aws-sdk/client-batch";
import type { LaunchTarget } from "../../lib/submit-workers.ts";
import { setup } from "../local/batch-support.ts";
import { testTable } from "./env.ts";
import { addItems, newItem } from "./items.ts";

/** A table with so many waiting items, and a local Batch whose jobs sleep. */
export async function launchable(items: number, maxRunning = 4) {
  const table = await testTable();
  const settings = await addItems(
    table,
    Array.from({ length: items }, (_, n) => newItem(`S${n}`, { step: "align" })),
  );
  const jobDefinitions = { sleeper: { command: ["sleep", "600"] }, brief: { command: ["sleep", "0.2"] } };
  const { client } = await setup({ maxRunning, jobDefinitions });
  return { table, settings, target: targetOn(client) };
}

/** The queue of {@link setup}, as launches see it. */
export function targetOn(client: BatchClient): LaunchTarget {
  return { batch: client, submitter: client, jobQueue: "queue", jobDefinition: "sleeper" };
}
