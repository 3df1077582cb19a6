import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { A, type Row } from "./rows.ts";
import type { Table } from "./table.ts";
import { type Condition, settle, type WriteResult } from "./update.ts";

/** Puts a row in place of what stands there, if the condition holds of that. */
export function putRow(table: Table, row: Row, condition: Condition): Promise<WriteResult> {
  const { expression, names, values } = condition;
  const key = { [A.itemId]: row[A.itemId], [A.taskKey]: row[A.taskKey] };
  return settle(table, key, async () => {
    await table.db.send(
      // the client's own command: an import is nothing but these, and lib-dynamodb's wrapping costs a tenth of its rate
      new PutItemCommand({
        TableName: table.name,
        Item: marshall(row),
        ConditionExpression: expression,
        ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
        ...(values && { ExpressionAttributeValues: marshall(values) }),
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    return undefined;
  });
}
