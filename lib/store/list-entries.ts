import { type AttributeValue, QueryCommand } from "@aws-sdk/client-dynamodb";
import type { ItemEntry } from "../items/item.ts";
import { ITEM_STATES, type ItemState } from "../items/states.ts";
import { ATTR } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import { endedKey, laterKey, lockedKey, todoKey } from "./keys.ts";
import { readEntries } from "./read-entries.ts";
import { STATE_INDEX } from "./schema.ts";
import type { Settings } from "./settings.ts";
import { waitingKey } from "./waiting-keys.ts";

/** Which part of the index to read; everything by default. */
export interface EntryFilter {
  states?: readonly ItemState[];
  steps?: readonly string[];
}

/** The hash keys of the index for these states and steps. The partitions of locked items hold every step. */
export function partitionsOf(
  settings: Pick<Settings, "shards" | "steps" | "links">,
  filter: EntryFilter = {},
): string[] {
  const states = filter.states ?? ITEM_STATES;
  const steps = filter.steps ?? [...settings.steps.keys()];
  const shards = Array.from({ length: settings.shards }, (_, shard) => shard);
  const hasWaited = (step: string) => settings.links.has(step);
  return states.flatMap((state) => {
    if (state === "locked") return shards.map(lockedKey);
    // skip steps whose items have never waited: an empty partition costs as much to read as a small one
    if (state === "waiting") return steps.filter(hasWaited).flatMap((step) => shards.map((n) => waitingKey(step, n)));
    if (state === "todo") return steps.flatMap((step) => [laterKey(step), ...shards.map((n) => todoKey(step, n))]);
    return steps.flatMap((step) => shards.map((shard) => endedKey(step, state, shard)));
  });
}

/** A page of 1 MB holds at most this many entries. */
const LARGEST_PAGE = 20_000;

/** The entries whose sort keys have this prefix, or are at least this value; without either, all entries. */
interface PartOfPartition {
  sortPrefix?: string | undefined;
  from?: string | undefined;
}

/** Reads one partition of the index page by page, so memory does not grow with its size. */
export async function* readPartition(
  table: Connection,
  stateKey: string,
  options: { newestFirst?: boolean; pageSize?: number | undefined } & PartOfPartition = {},
): AsyncGenerator<ItemEntry[]> {
  const { sortPrefix, from, newestFirst, pageSize } = options;
  const [bound, value] = sortPrefix ? ["begins_with(#sort, :bound)", sortPrefix] : ["#sort >= :bound", from];
  let ExclusiveStartKey: Attributes | undefined;
  do {
    // the client's own command: for text and numbers it costs half as much as lib-dynamodb
    const page = await table.db.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: STATE_INDEX,
        KeyConditionExpression: value ? `#key = :key AND ${bound}` : "#key = :key",
        ExpressionAttributeNames: { "#key": ATTR.stateKey, ...(value && { "#sort": ATTR.stateSort }) },
        ExpressionAttributeValues: { ":key": { S: stateKey }, ...(value && { ":bound": { S: value } }) },
        ScanIndexForward: !newestFirst,
        ExclusiveStartKey,
        ...(pageSize !== undefined && { Limit: Math.min(pageSize, LARGEST_PAGE) }),
      }),
    );
    yield readEntries(stateKey, page.Items ?? []);
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

type Attributes = Record<string, AttributeValue>;
