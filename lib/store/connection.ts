import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Timers } from "../flow/timers.ts";

/** What reading and writing the rows of one table takes. */
export interface Connection {
  readonly name: string;
  readonly db: DynamoDBDocumentClient;
  /** milliseconds since the epoch */
  readonly now: () => number;
  /** from 0 up to, but not including, 1 */
  readonly random: () => number;
  /** what pauses wait by */
  readonly timers: Timers;
}
