import { BatchGetCommand } from "@aws-sdk/lib-dynamodb";
import { pause } from "../flow/timers.ts";
import type { Row } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import { itemKey } from "./keys.ts";

/** BatchGetItem returns at most 100 rows. */
export const ROWS_A_READ = 100;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Reads the rows of up to 100 items (strongly consistent), in no particular order. Items that no longer exist are left
 * out.
 */
export function readItemRows(table: Connection, itemIds: readonly string[]): Promise<Row[]> {
  return readRows(
    table,
    [...new Set(itemIds)].map((itemId) => itemKey(itemId)),
  );
}

/**
 * Reads the rows at up to 100 different keys (strongly consistent), in no particular order. `attributes` limits what
 * comes back, but not the read units, which are those of the whole rows.
 */
export async function readRows(table: Connection, all: readonly Row[], attributes?: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  const projection = attributes && {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
  let keys: Row[] = [...all];
  for (let pauseMs = FIRST_PAUSE_MS; keys.length > 0; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
    const { Responses, UnprocessedKeys } = await table.db.send(
      new BatchGetCommand({ RequestItems: { [table.name]: { Keys: keys, ConsistentRead: true, ...projection } } }),
    );
    rows.push(...(Responses?.[table.name] ?? []));
    // when the table is too busy, the SDK counts a reply with only some of the rows as a success
    keys = UnprocessedKeys?.[table.name]?.Keys ?? [];
    if (keys.length > 0) await pause(table.timers, pauseMs * table.random());
  }
  return rows;
}
