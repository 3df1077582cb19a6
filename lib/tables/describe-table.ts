import {
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { TableError } from "../errors.ts";
import { type Patience, pause, realTimers } from "../flow/timers.ts";

/** How long to wait for a table to be created, changed or deleted. */
export const TABLE_TIMEOUT_MS = 120_000;

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1_000;

/** DynamoDB's description of a table; undefined if it does not exist. */
export async function describeTable(client: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Whether the table and all its indexes are active: ready for use, and not being changed. */
export function isActive(table: TableDescription | undefined): table is TableDescription {
  const indexes = table?.GlobalSecondaryIndexes ?? [];
  return table?.TableStatus === "ACTIVE" && indexes.every((index) => (index.IndexStatus ?? "ACTIVE") === "ACTIVE");
}

/** What to wait for. */
export interface TableWait<T extends TableDescription | undefined> extends Patience {
  isReady: (table: TableDescription | undefined) => table is T;
  /** what the error says if the wait is too long, such as `did not become active` */
  problem: string;
}

/** Polls a table until it is ready. Throws a TableError if that takes longer than `timeoutMs`. */
export async function awaitTable<T extends TableDescription | undefined>(
  client: DynamoDBClient,
  name: string,
  { isReady, problem, timeoutMs = TABLE_TIMEOUT_MS, now = Date.now, timers = realTimers }: TableWait<T>,
): Promise<T> {
  const giveUpAtMs = now() + timeoutMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    const table = await describeTable(client, name);
    if (isReady(table)) return table;
    if (now() > giveUpAtMs) throw new TableError(`table ${name} ${problem} in ${timeoutMs / 1_000} s`);
    await pause(timers, pauseMs);
  }
}
