import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, UpdateCommand, type UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Connection } from "./connection.ts";
import type { Row } from "./rows.ts";

/** A part of a condition, with the names and values that it uses. */
export interface Condition {
  expression: string;
  names: Record<string, string>;
  values?: Record<string, unknown>;
}

/** Joins conditions: all must hold. */
export function allOf(...parts: Condition[]): Condition {
  return {
    expression: parts.map((part) => `(${part.expression})`).join(" AND "),
    names: Object.assign({}, ...parts.map((part) => part.names)),
    values: Object.assign({}, ...parts.map((part) => part.values)),
  };
}

/** Attributes to set (those that are undefined are removed), to add to, and to set by an expression of their own. */
export interface Changes {
  set?: Row;
  remove?: readonly string[];
  /** attribute → expression over the given names and values */
  compute?: Record<string, { expression: string; values?: Record<string, unknown>; names?: Record<string, string> }>;
  /** attribute → what to add: a number, or members of a set */
  add?: Row;
}

/**
 * What a conditional write came to: done, with the row as it now is, or refused, with the row that stood in the way.
 * `sent`: how often the SDK sent it; more than once, the refusal may be of its own repeat.
 */
export type WriteResult = { won: true; row: Row | undefined } | { won: false; row: Row | undefined; sent: number };

/** Builds the UpdateItem for `changes` under `condition`. */
export function buildUpdate(
  tableName: string,
  key: Row,
  changes: Changes,
  condition: Condition | undefined,
  returnNew = false,
): UpdateCommandInput {
  const names: Record<string, string> = { ...condition?.names };
  const values: Record<string, unknown> = { ...condition?.values };
  const sets: string[] = [];
  const removes: string[] = [];
  const adds: string[] = [];
  const nameOf = (attribute: string): string => {
    const alias = `#${attribute}`;
    names[alias] = attribute;
    return alias;
  };
  for (const [attribute, value] of Object.entries(changes.set ?? {})) {
    if (value === undefined) removes.push(nameOf(attribute));
    else {
      sets.push(`${nameOf(attribute)} = :set_${attribute}`);
      values[`:set_${attribute}`] = value;
    }
  }
  for (const [attribute, compute] of Object.entries(changes.compute ?? {})) {
    sets.push(`${nameOf(attribute)} = ${compute.expression}`);
    Object.assign(names, compute.names);
    Object.assign(values, compute.values);
  }
  for (const attribute of changes.remove ?? []) removes.push(nameOf(attribute));
  for (const [attribute, value] of Object.entries(changes.add ?? {})) {
    adds.push(`${nameOf(attribute)} :add_${attribute}`);
    values[`:add_${attribute}`] = value;
  }
  const clauses = [
    sets.length > 0 ? `SET ${sets.join(", ")}` : "",
    removes.length > 0 ? `REMOVE ${removes.join(", ")}` : "",
    adds.length > 0 ? `ADD ${adds.join(", ")}` : "",
  ].filter(Boolean);
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: clauses.join(" "),
    ...(condition && { ConditionExpression: condition.expression }),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ...(returnNew && { ReturnValues: "ALL_NEW" as const }),
    ...(condition && { ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const }),
  };
}

/** Sends an update. A condition that does not hold is an answer, not an error; anything else is thrown. */
export async function update(table: Connection, input: UpdateCommandInput): Promise<WriteResult> {
  return settle(table, input.Key ?? {}, async () => (await table.db.send(new UpdateCommand(input))).Attributes);
}

/** Runs a conditional write on the row at `key` and tells a refusal, with the old row, from success. */
export async function settle(
  table: Connection,
  key: Record<string, unknown>,
  write: () => Promise<Row | undefined>,
): Promise<WriteResult> {
  try {
    return { won: true, row: await write() };
  } catch (error) {
    return refusalOf(table, key, error);
  }
}

/** The refusal that an error of a conditional write on the row at `key` is; any other error is thrown. */
export async function refusalOf(table: Connection, key: Record<string, unknown>, error: unknown): Promise<WriteResult> {
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
  // DynamoDB sends the old row along; dynalite does not know how, so it has to be asked.
  const row = error.Item ? unmarshall(error.Item) : await getRow(table, key);
  return { won: false, row, sent: error.$metadata.attempts ?? 1 };
}

/** Reads one row as it is now (strongly consistent). */
export async function getRow(table: Connection, key: Record<string, unknown>): Promise<Row | undefined> {
  const { Item } = await table.db.send(new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }));
  return Item;
}
