import type { Level, Table, Write } from "dynalite/db/index.js";

/** Keys under which dynalite keeps its tables. */
const TABLES = { gte: "table~", lt: "table\x7f" };

/**
 * Finishes creating and deleting tables where a killed dynalite stopped. It does both in two steps with a timer in
 * between and does not resume them after a restart, so a table would stay `CREATING` forever.
 */
export async function finishTables(db: Level): Promise<void> {
  for await (const [key, table] of db.iterator(TABLES)) {
    if (table.TableStatus === "CREATING") await finishCreating(db, key, table);
    else if (table.TableStatus === "DELETING") await finishDeleting(db, key, table);
  }
}

async function finishCreating(db: Level, key: string, table: Table): Promise<void> {
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({ ...index, IndexStatus: "ACTIVE" }));
  const value = { ...table, TableStatus: "ACTIVE", ...(indexes && { GlobalSecondaryIndexes: indexes }) };
  await write(db, [{ type: "put", key, value }]);
}

async function finishDeleting(db: Level, key: string, table: Table): Promise<void> {
  const name = table.TableName;
  for (const prefix of [`item-${name}`, `index-local~${name}`, `index-global~${name}`, `tag-${name}`]) {
    await db.clear({ gte: `${prefix}~`, lt: `${prefix}\x7f` });
  }
  await write(db, [{ type: "del", key }]);
}

function write(db: Level, writes: Write[]): Promise<void> {
  return new Promise((resolve, reject) => {
    db.batch(writes, (error) => (error ? reject(error) : resolve()));
  });
}
