import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { clockOf } from "./dynamo-client.ts";
import { realTimers } from "./flow/timers.ts";
import type { Connection } from "./store/connection.ts";
import { SettingsCache } from "./store/settings-cache.ts";

/** One workflow's to-do list, with everything that use cases need to work on it. */
export interface Table extends Connection {
  /** the table's settings row: shards, steps, pauses, drain */
  readonly settings: SettingsCache;
  /** called with each waiting item that this process has released, which a worker claims without a look */
  readonly onReleased?: (released: Released) => void;
}

/** A waiting item that was just released. */
export interface Released {
  itemId: string;
  step: string;
  priority: number;
}

/** Opens a table. Its clock is the one that the client keeps. Sends no request. */
export function openTable(
  name: string,
  client: DynamoDBClient,
  {
    now = clockOf(client).now,
    random = Math.random,
    timers = realTimers,
    tell,
  }: Partial<Omit<Connection, "name" | "db">> = {},
): Table {
  const db = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  const connection: Connection = { name, db, now, random, timers, tell };
  return { ...connection, settings: new SettingsCache(connection) };
}
