import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Task } from "./item.ts";
import { A, type Row, rowToTask } from "./rows.ts";
import { TASK_PREFIX } from "./schema.ts";
import type { Table } from "./table.ts";
import { taskNumber } from "./write-tasks.ts";

/** A page of an item's tasks that are not done, and how many of those looked at are. */
export interface TaskPage {
  open: Task[];
  done: number;
}

/**
 * The tasks of a nested item that are still to be done, a page at a time (1 MB at most, so that thousands of tasks
 * never lie in memory together), each page in the order of the task numbers. `read` may repeat a query that fails.
 */
export async function* openTasks(
  table: Table,
  itemId: string,
  read: <T>(query: () => Promise<T>) => Promise<T> = (query) => query(),
): AsyncGenerator<TaskPage> {
  let ExclusiveStartKey: Row | undefined;
  do {
    const start = ExclusiveStartKey;
    const page = await read(() =>
      table.db.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: "#itemID = :itemID AND begins_with(#taskKey, :task)",
          FilterExpression: "#TaskState <> :done",
          ExpressionAttributeNames: { "#itemID": A.itemId, "#taskKey": A.taskKey, "#TaskState": A.taskState },
          ExpressionAttributeValues: { ":itemID": itemId, ":task": TASK_PREFIX, ":done": "done" },
          ConsistentRead: true,
          ExclusiveStartKey: start,
        }),
      ),
    );
    const open = (page.Items ?? []).map(rowToTask).sort((a, b) => taskNumber(a.taskKey) - taskNumber(b.taskKey));
    yield { open, done: (page.ScannedCount ?? 0) - (page.Count ?? 0) };
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}
