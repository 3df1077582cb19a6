import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Timers } from "../flow/timers.ts";
import type { ItemEvent } from "../items/item-event.ts";

/** What it takes to read and write the rows of one table. */
export interface Connection {
  readonly name: string;
  readonly db: DynamoDBDocumentClient;
  /** milliseconds since the epoch */
  readonly now: () => number;
  /** from 0 up to, but not including, 1 */
  readonly random: () => number;
  /** the timers behind pauses */
  readonly timers: Timers;
  /** called with what happens to items; absent if nobody wants to know; does not throw */
  readonly tell?: ((event: ItemEvent) => void) | undefined;
}
