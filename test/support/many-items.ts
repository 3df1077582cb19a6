import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { sideBySide } from "../../lib/flow/side-by-side.ts";
import type { Item } from "../../lib/items/item.ts";
import { DEFAULT_PRIORITY } from "../../lib/store/keys.ts";
import { itemToRow } from "../../lib/store/rows.ts";
import { registerLanes } from "../../lib/store/settings.ts";
import type { Table } from "../../lib/table.ts";

/** Writes plain items that have ended to a table, 25 per request. */
export async function putEnded(table: Table, ids: readonly string[], state: "done" | "failed"): Promise<void> {
  const { shards } = await registerLanes(table, [{ step: "default", priority: DEFAULT_PRIORITY }]);
  const starts = Array.from({ length: Math.ceil(ids.length / 25) }, (_, n) => n * 25);
  await sideBySide(starts, 8, async (start) => {
    const puts = ids.slice(start, start + 25).map((itemId) => ({
      PutRequest: { Item: marshall(itemToRow(ended(itemId, state), shards)) },
    }));
    await table.db.send(new BatchWriteItemCommand({ RequestItems: { [table.name]: puts } }));
  });
}

function ended(itemId: string, state: "done" | "failed"): Item {
  const counts = { nestedTasks: 0, tasksDone: 0, attempt: 1, interruptions: 0, losses: 0 };
  return {
    ...counts,
    itemId,
    taskId: "sample",
    step: "default",
    state,
    priority: DEFAULT_PRIORITY,
    script: "true",
    failures: state === "failed" ? 1 : 0,
    outcome: state === "failed" ? { cause: "exit", exitCode: 1 } : { exitCode: 0 },
    endedAtMs: Date.now() - 1_000,
  };
}
