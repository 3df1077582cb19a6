import type { Item, Task } from "../../lib/items/item.ts";
import type { Table } from "../../lib/table.ts";
import { type StoppedClock, stoppedClock, testTable } from "../support/env.ts";
import { RANDOM, SHARDS } from "./model.ts";

/** The table, and what its workers hold in memory. */
export interface Real {
  table: Table;
  clock: StoppedClock;
  /** by the number of the claim: the item and its open tasks as they were when it was claimed */
  claims: Map<number, { item: Item; open: Map<string, Task> }>;
}

/** An empty table with few shards, so that looking through it costs little. */
export async function newReal(): Promise<Real> {
  const clock = stoppedClock();
  const table = await testTable({ shards: SHARDS, now: clock.now, random: () => RANDOM });
  return { table, clock, claims: new Map() };
}

/** The same table for a process that dies after this many requests. */
export function dyingAfter(requests: number, table: Table): Table {
  let left = requests;
  const db = Object.create(table.db) as Table["db"];
  db.send = (async (command: Parameters<Table["db"]["send"]>[0]) => {
    if (left-- <= 0) throw new Error("died");
    return table.db.send(command);
  }) as Table["db"]["send"];
  return { ...table, db };
}
