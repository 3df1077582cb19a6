import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Task } from "./item.ts";
import { A, type Row, rowToTask } from "./rows.ts";
import { TASK_PREFIX } from "./schema.ts";
import type { Table } from "./table.ts";

/**
 * All tasks of a nested item in whatever state, a page at a time (1 MB at most), each page in the order of the task
 * numbers: `Task_10` after `Task_9`, as long as they are on one page.
 */
export async function* allTasks(table: Table, itemId: string): AsyncGenerator<Task[]> {
  let ExclusiveStartKey: Row | undefined;
  do {
    const page = await table.db.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: "#itemID = :itemID AND begins_with(#taskKey, :task)",
        ExpressionAttributeNames: { "#itemID": A.itemId, "#taskKey": A.taskKey },
        ExpressionAttributeValues: { ":itemID": itemId, ":task": TASK_PREFIX },
        ConsistentRead: true,
        ExclusiveStartKey,
      }),
    );
    yield (page.Items ?? []).map(rowToTask).sort((a, b) => numberOf(a) - numberOf(b));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

function numberOf({ taskKey }: Task): number {
  return Number(taskKey.slice(TASK_PREFIX.length));
}
