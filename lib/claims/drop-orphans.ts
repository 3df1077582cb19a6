import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { isDelete } from "../changes/edit-tasks.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { Item } from "../items/item.ts";
import { readItem } from "../store/read-item.ts";
import { A } from "../store/rows.ts";
import { TASK_PREFIX } from "../store/schema.ts";
import { isCounted, pages, taskKeyRow } from "../store/tasks-of.ts";
import { settle } from "../store/update.ts";
import type { Table } from "../table.ts";

const WIDTH = 8;

/**
 * Takes back what a claim wrote of the tasks of an item that was deleted under it. A task's write does not see the
 * item's row, so those that ended between the deletion and the next heartbeat have left rows that nobody would find.
 * Where the item has been added anew, they do not count and are left.
 */
export async function dropOrphans(table: Table, item: Item): Promise<void> {
  if (item.nestedTasks === 0) return;
  const now = await readItem(table, item.itemId);
  // who is deleting it may be past the rows that were written last
  const isGoing = !now || (now.importing !== undefined && isDelete(now.importing));
  if (!isGoing) return;
  for await (const rows of pages(table, item.itemId, TASK_PREFIX)) {
    const orphans = rows.filter((row) => isCounted(item, row));
    await sideBySide(orphans, WIDTH, (row) => {
      const Key = taskKeyRow(item.itemId, String(row[A.taskKey]));
      const condition = {
        ConditionExpression: "#Epoch = :epoch",
        ExpressionAttributeNames: { "#Epoch": A.epoch },
        ExpressionAttributeValues: { ":epoch": item.tasksEpoch },
      };
      // one that somebody has written anew meanwhile is theirs
      return settle(table, Key, async () => {
        await table.db.send(new DeleteCommand({ TableName: table.name, Key, ...condition }));
        return undefined;
      });
    });
  }
}
