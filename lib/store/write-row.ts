import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { ATTR, type Row } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import { type Changes, type Condition, conditionInput, stored, updateInput } from "./expression.ts";
import { readRow } from "./read-row.ts";

/**
 * The result of a write: done, with a row if asked for, or refused, with the row that prevented it. `sent`: how often
 * the SDK sent it. If more than once, the refusal may be that of the SDK's own repeat.
 */
export type WriteResult = { won: true; row: Row | undefined } | { won: false; row: Row | undefined; sent: number };

/** Which row a write returns, at no cost in units. `wakes`: only the wakes of the old row, which few rows have. */
export type Returning = "new" | "old" | "wakes";

const WON: WriteResult = { won: true, row: undefined };

/** An update of one row. */
export interface RowUpdate {
  changes: Changes;
  condition?: Condition | undefined;
  /** return the row as it is after the write, or as it was before */
  returning?: Returning | undefined;
}

/** Updates the row at `key`, if the condition holds. */
export async function updateRow(table: Connection, key: Row, update: RowUpdate): Promise<WriteResult> {
  const input = updateInput(table.name, key, update);
  if (update.returning) input.ReturnValues = update.returning === "new" ? "ALL_NEW" : "ALL_OLD";
  try {
    const { Attributes } = await table.db.send(new UpdateItemCommand(input));
    return wonWith(update.returning === "wakes" ? onlyWakes(Attributes) : Attributes);
  } catch (error) {
    return refusalOf(table, key, error);
  }
}

/** Puts a row, if the condition holds. Returns the wakes of the row that it replaces. */
export function putRow(table: Connection, row: Row, condition?: Condition): Promise<WriteResult> {
  const input = { TableName: table.name, Item: stored(row), ReturnValues: "ALL_OLD" as const };
  return table.db.send(new PutItemCommand({ ...input, ...conditionInput(condition) })).then(
    ({ Attributes }) => wonWith(onlyWakes(Attributes)),
    (error: unknown) => refusalOf(table, keyOf(row), error),
  );
}

/** Deletes the row at `key`, if the condition holds, and returns its wakes. */
export function deleteRow(table: Connection, key: Row, condition: Condition): Promise<WriteResult> {
  const input = { TableName: table.name, Key: stored(key), ReturnValues: "ALL_OLD" as const };
  return table.db.send(new DeleteItemCommand({ ...input, ...conditionInput(condition) })).then(
    ({ Attributes }) => wonWith(onlyWakes(Attributes)),
    (error: unknown) => refusalOf(table, key, error),
  );
}

type Attributes = Record<string, AttributeValue>;

function wonWith(attributes: Attributes | undefined): WriteResult {
  return attributes ? { won: true, row: unmarshall(attributes) } : WON;
}

function onlyWakes(attributes: Attributes | undefined): Attributes | undefined {
  const wakes = attributes?.[ATTR.wakes];
  return wakes && { [ATTR.wakes]: wakes };
}

/** The key of a whole row. */
export function keyOf(row: Row): Row {
  return { [ATTR.itemId]: row[ATTR.itemId], [ATTR.taskKey]: row[ATTR.taskKey] };
}

/** Turns a failed condition of a write to the row at `key` into a refusal. Throws any other error. */
async function refusalOf(table: Connection, key: Row, error: unknown): Promise<WriteResult> {
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
  // DynamoDB returns the old row; dynalite cannot, so this reads it
  const row = error.Item ? unmarshall(error.Item) : await readRow(table, key);
  return { won: false, row, sent: error.$metadata.attempts ?? 1 };
}
