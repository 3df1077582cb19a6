import type { Level, Table, Write } from "dynalite/db/index.js";

/** Where dynalite keeps its tables, and the first character behind that. */
const TABLES = { gte: "table~", lt: "table\x7f" };

/**
 * Finishes what a killed dynalite had begun: it makes and deletes tables in two steps with a timer between them, and
 * knows nothing of that after a restart. A table that was being made would stay so for ever.
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
