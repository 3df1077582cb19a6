import { type AttributeValue, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { convertToAttr, marshall } from "@aws-sdk/util-dynamodb";
import type { Connection } from "./connection.ts";
import { A, type Row } from "./rows.ts";
import { type Condition, refusalOf, type WriteResult } from "./update.ts";

const WON: WriteResult = { won: true, row: undefined };

/** Puts a row in place of what stands there, if the condition holds of that. */
export function putRow(table: Connection, row: Row, { expression, names, values }: Condition): Promise<WriteResult> {
  // the client's own command: an import is nothing but these, and lib-dynamodb's wrapping costs a tenth of its rate
  const put = new PutItemCommand({
    TableName: table.name,
    Item: attributesOf(row),
    ConditionExpression: expression,
    ExpressionAttributeNames: hasAny(names) ? names : undefined,
    ExpressionAttributeValues: values && marshall(values),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  return table.db.send(put).then(
    () => WON,
    (error: unknown) => refusalOf(table, { [A.itemId]: row[A.itemId], [A.taskKey]: row[A.taskKey] }, error),
  );
}

/** A row as DynamoDB takes it. Most of it is text and numbers; the rest is left to the library. */
function attributesOf(row: Row): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const name in row) {
    const value = row[name];
    if (typeof value === "string") attributes[name] = { S: value };
    else if (Number.isSafeInteger(value)) attributes[name] = { N: String(value) };
    else if (value !== undefined) attributes[name] = convertToAttr(value, { removeUndefinedValues: true });
  }
  return attributes;
}

function hasAny(names: Record<string, string>): boolean {
  for (const _ in names) return true;
  return false;
}
