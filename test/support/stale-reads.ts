import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { BatchGetCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Table } from "../../lib/table.ts";

/**
 * The same table, but reads of rows that do not ask for consistency come from a replica that has seen nothing yet.
 * DynamoDB's replicas lag by some milliseconds; the tests' servers have none.
 */
export function withStaleReads(table: Table): Table {
  const db = Object.create(table.db) as Table["db"];
  db.send = (async (command: Parameters<Table["db"]["send"]>[0]) => {
    return isStale(command) ? { Items: [], Responses: {} } : table.db.send(command);
  }) as Table["db"]["send"];
  return { ...table, db };
}

function isStale(command: unknown): boolean {
  if (command instanceof GetItemCommand) return !command.input.ConsistentRead;
  // an index has no consistent reads
  if (command instanceof QueryCommand) return !command.input.IndexName && !command.input.ConsistentRead;
  if (!(command instanceof BatchGetCommand)) return false;
  return Object.values(command.input.RequestItems ?? {}).some(({ ConsistentRead }) => !ConsistentRead);
}
