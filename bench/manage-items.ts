import { BatchWriteItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import type { Item } from "../lib/items/item.ts";
import { itemToRow } from "../lib/store/rows.ts";
import { DEFAULT_SHARDS, registerLanes } from "../lib/store/settings.ts";
import { openTable } from "../lib/table.ts";
import { createTable } from "../lib/tables/create-table.ts";

/** The measured commands. */
export const COMMANDS = {
  items: ["items", "--json"],
  reset: ["reset", "--state", "failed", "--yes"],
  delete: ["delete", "--state", "done", "--yes"],
} as const;
export type Kind = keyof typeof COMMANDS;

/** The state of the items that each command processes. */
export const STATES = { items: "failed", reset: "failed", delete: "done" } as const;

/** The step of all items. */
export const STEP = "bench";

/** Creates a table of ended items, with everything that a worker leaves on their rows. */
export async function fillTable(
  client: DynamoDBClient,
  tableName: string,
  items: number,
  state: "failed" | "done",
): Promise<void> {
  await createTable(client, tableName);
  await registerLanes(openTable(tableName, client), [{ step: STEP, priority: 5 }]);
  const batches = Array.from({ length: Math.ceil(items / 25) }, (_, n) => n * 25);
  await sideBySide(batches, 8, async (start) => {
    const ids = Array.from({ length: Math.min(25, items - start) }, (_, n) => `sample_${start + n}`);
    const puts = ids.map((id) => ({ PutRequest: { Item: marshall(itemToRow(item(id, state), DEFAULT_SHARDS)) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: puts } }));
  });
}

/** An item as stored in that state. */
export function item(itemId: string, state: "todo" | "failed" | "done"): Item {
  const script = `bwa mem -t 4 ref.fa ${itemId}_1.fq.gz ${itemId}_2.fq.gz > ${itemId}.sam`;
  const log = { stdout: "", stderr: "[main] Real time: 12.3 sec; CPU: 45.6 sec\n".repeat(4), tagged: [] };
  const ended = { cpuSeconds: 45.6, wallSeconds: 12.3, peakMemoryBytes: 5e9, log, logBytes: 180 };
  return {
    itemId,
    taskId: itemId,
    step: STEP,
    state,
    priority: 5,
    script,
    nestedTasks: 0,
    tasksDone: 0,
    attempt: 1,
    failures: state === "failed" ? 1 : 0,
    interruptions: 0,
    losses: 0,
    ...(state === "failed" && { outcome: { ...ended, cause: "exit", exitCode: 1 } }),
    ...(state === "done" && { outcome: { ...ended, exitCode: 0 } }),
    ...(state !== "todo" && { endedAtMs: Date.now() - 1_000 }),
  };
}
