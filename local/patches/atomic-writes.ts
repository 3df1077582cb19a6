import type { DynaliteOptions } from "dynalite";
import dynaliteDb, { type Done, type Store, type TableSchema, type Write } from "dynalite/db/index.js";

/*
 * dynalite writes a row in three steps: delete the old index entry, put the new one, put the row. If it is killed in
 * between, a row may be left without an index entry, and no worker would ever claim it. This patch turns the three
 * steps into one LevelDB batch, which is written either completely or not at all (and is faster than three writes).
 *
 * It relies on dynalite writing the row synchronously, inside the `done` callback of updateIndexes. The index writes
 * wait for that row write in `waiting`.
 */

const waiting = new WeakMap<Store, Write[]>();

function indexWrites(table: TableSchema, oldRow: unknown, newRow: unknown): Write[] {
  const writes: Write[] = [];
  for (const [kind, indexes] of [
    ["local", table.LocalSecondaryIndexes],
    ["global", table.GlobalSecondaryIndexes],
  ] as const) {
    const { puts, deletes } = dynaliteDb.getIndexActions(indexes ?? [], oldRow, newRow, table);
    const keyOf = (entry: { index: string; key: string }) =>
      `index-${kind}~${table.TableName}~${entry.index}~${entry.key}`;
    for (const entry of deletes) writes.push({ type: "del", key: keyOf(entry) });
    for (const entry of puts) writes.push({ type: "put", key: keyOf(entry), value: entry.item });
  }
  return writes;
}

function updateIndexes(store: Store, table: TableSchema, oldRow: unknown, newRow: unknown, done: Done): void {
  if (oldRow || newRow) waiting.set(store, indexWrites(table, oldRow, newRow));
  try {
    done();
  } finally {
    waiting.delete(store);
  }
}

function withBatches(store: Store): Store {
  const { db } = store;
  const put = db.put.bind(db);
  const del = db.del.bind(db);
  const take = (): Write[] | undefined => {
    const writes = waiting.get(store);
    waiting.delete(store);
    return writes;
  };
  db.put = (key, value, done) => {
    const writes = take();
    if (writes) db.batch([...writes, { type: "put", key, value }], done);
    else put(key, value, done);
  };
  db.del = (key, done) => {
    const writes = take();
    if (writes) db.batch([...writes, { type: "del", key }], done);
    else del(key, done);
  };
  return store;
}

/**
 * Makes every dynalite created from now on write a row and its index entries in one batch.
 * `onStore` receives each store, which dynalite does not expose.
 */
export function makeWritesAtomic(onStore: (store: Store) => void = () => {}): void {
  const create = dynaliteDb.create;
  dynaliteDb.create = (options: DynaliteOptions) => {
    const store = withBatches(create(options));
    onStore(store);
    return store;
  };
  dynaliteDb.updateIndexes = updateIndexes;
}
