import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Task } from "./item.ts";
import { A, type Row, rowToTask } from "./rows.ts";
import { TASK_PREFIX } from "./schema.ts";
import type { Table } from "./table.ts";

/** A page of an item's tasks that are not done, and how many of those looked at are. */
export interface TaskPage {
  open: Task[];
  done: number;
}

/**
 * The tasks of a nested item that are still to be done, a page at a time (1 MB at most, so that thousands of tasks
 * never lie in memory together), each page in the order of the task numbers.
 */
export async function* openTasks(table: Table, itemId: string): AsyncGenerator<TaskPage> {
  let ExclusiveStartKey: Row | undefined;
  do {
    const page = await table.db.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: "#itemID = :itemID AND begins_with(#taskKey, :task)",
        FilterExpression: "#TaskState <> :done",
        ExpressionAttributeNames: { "#itemID": A.itemId, "#taskKey": A.taskKey, "#TaskState": A.taskState },
        ExpressionAttributeValues: { ":itemID": itemId, ":task": TASK_PREFIX, ":done": "done" },
        ConsistentRead: true,
        ExclusiveStartKey,
      }),
    );
    const open = (page.Items ?? []).map(rowToTask).sort((a, b) => numberOf(a) - numberOf(b));
    yield { open, done: (page.ScannedCount ?? 0) - (page.Count ?? 0) };
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

function numberOf(task: Task): number {
  return Number(task.taskKey.slice(TASK_PREFIX.length));
}
