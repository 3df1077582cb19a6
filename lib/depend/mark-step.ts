import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import { chunksOf } from "../flow/chunks-of.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { noteMarked, readGate } from "../store/gates.ts";
import { endedKey, laterKey, lockedKey, todoKey } from "../store/keys.ts";
import { STATE_INDEX } from "../store/schema.ts";
import { waitingKey } from "../store/waiting-keys.ts";
import type { Table } from "../table.ts";
import { isUnfinished } from "./decide.ts";
import { putWakeOn } from "./put-wake.ts";
import { readPredecessors } from "./snapshot.ts";
import { allWake } from "./wakes.ts";

/** The item that has the mark. */
export interface Mark {
  itemId: string;
  /** the item itself is waiting, possibly in vain */
  isWaiting: boolean;
}

/**
 * How many index entries may turn out to have ended before the mark can be placed; after that, the whole step is read.
 */
const TRIES = 8;
/** How many partitions are read at once. */
const WIDTH = 8;

/**
 * Makes sure that an unfinished item of a step carries the mark of all items that wait for the whole step: the process
 * that ends that item looks for the next. Returns that item; undefined if the index shows none, in which case the whole
 * step must be read. However many items wait, and however many the step has, one mark at a time is enough. The best
 * place for it is the item that will be claimed last.
 */
export async function markStep(table: Table, step: string): Promise<Mark | undefined> {
  const name = allWake(step);
  const { marked } = await readGate(table, step);
  if (marked !== undefined) {
    const item = (await readPredecessors(table, [marked])).get(marked);
    if (item?.step === step && isUnfinished(item) && item.wakes.has(name))
      return { itemId: marked, isWaiting: item.state === "waiting" };
  }
  let tries = 0;
  for await (const mark of unfinishedItems(table, step)) {
    if (tries++ >= TRIES) return undefined;
    const { itemId } = mark;
    if ((await putWakeOn(table, { itemId, step, state: "todo" }, name)) !== "put") continue;
    await noteMarked(table, step, itemId);
    return mark;
  }
  return undefined;
}

/**
 * Unfinished items as listed in the index, starting with the last one in each partition, because claims take the first.
 */
async function* unfinishedItems(table: Table, step: string): AsyncGenerator<Mark> {
  const { shards, links } = await table.settings.get();
  const all = Array.from({ length: shards }, (_, shard) => shard);
  const first = Math.floor(table.random() * shards);
  const order = [...all.slice(first), ...all.slice(0, first)];
  const waiting = new Set(links.has(step) ? order.map((shard) => waitingKey(step, shard)) : []);
  const keys = [
    ...order.map((shard) => todoKey(step, shard)),
    ...order.map(lockedKey),
    laterKey(step),
    ...order.map((shard) => endedKey(step, "held", shard)),
    ...waiting,
  ];
  // usually the first partition has one
  for (const chunk of [keys.slice(0, 1), ...chunksOf(keys.slice(1), WIDTH)]) {
    const found = await Promise.all(
      chunk.map(async (key) => {
        const itemIds = await lastOf(table, key, key.startsWith("locked#") ? step : undefined);
        return itemIds.map((itemId) => ({ itemId, isWaiting: waiting.has(key) }));
      }),
    );
    yield* found.flat();
  }
}

/** The last item in a partition; in a partition with items of all steps, all items of this step. */
async function lastOf(table: Table, stateKey: string, onlyStep: string | undefined): Promise<string[]> {
  const found: string[] = [];
  let ExclusiveStartKey: Row | undefined;
  do {
    const page: { Items?: Row[] | undefined; LastEvaluatedKey?: Row | undefined } = await table.db.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: STATE_INDEX,
        KeyConditionExpression: `${ATTR.stateKey} = :key`,
        ...(onlyStep !== undefined && { FilterExpression: `${ATTR.step} = :step` }),
        ExpressionAttributeValues: { ":key": stateKey, ...(onlyStep !== undefined && { ":step": onlyStep }) },
        ScanIndexForward: false,
        ...(onlyStep === undefined && { Limit: 1 }),
        ExclusiveStartKey,
      }),
    );
    found.push(...(page.Items ?? []).map((row) => String(row[ATTR.itemId])));
    ExclusiveStartKey = onlyStep === undefined ? undefined : page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return found;
}
