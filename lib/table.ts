import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/** One workflow's to-do list, and what every use case needs to work on it. */
export interface Table {
  readonly name: string;
  readonly db: DynamoDBDocumentClient;
  /** milliseconds since the epoch */
  readonly now: () => number;
  /** 0 up to, but not including, 1 */
  readonly random: () => number;
}

/** Opens a table: makes no request. */
export function openTable(
  name: string,
  client: DynamoDBClient,
  { now = Date.now, random = Math.random }: { now?: () => number; random?: () => number } = {},
): Table {
  return {
    name,
    db: DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }),
    now,
    random,
  };
}
